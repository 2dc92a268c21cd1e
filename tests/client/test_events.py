"""What `on_event` is told, and that it cannot break anything."""

import logging

import pytest
from supermetrics_query import Polled, PollFailed, RequestDone, RetryScheduled, StartSent, WaitFinished, log_events
from supermetrics_query.events import Event

from tests.support.answers import gateway, refused, status, success
from tests.support.world import DOORS, KEY, open_door


@pytest.mark.parametrize("door_name", DOORS)
def test_everything_that_happens_is_told_in_order(door_name: str) -> None:
    told: list[Event] = []
    door = open_door(
        door_name, refused(), status("QUEUED", http=202), gateway(503), success(), on_event=told.append, takes=2.0
    )
    handle = door.start()
    door.call(handle, "wait")
    assert [type(event) for event in told] == [
        *(StartSent, RetryScheduled, RequestDone),
        *(RequestDone, PollFailed),
        *(RequestDone, Polled, WaitFinished),
    ]
    assert told[0] == StartSent(schedule_id="night-1", token=handle.token)
    assert told[2] == RequestDone(operation="start_query", status=202, seconds=2.0)
    assert isinstance(told[-1], WaitFinished)
    assert (told[-1].schedule_id, told[-1].code) == ("night-1", "SUCCESS")


@pytest.mark.parametrize("door_name", DOORS)
def test_the_same_is_done_whether_somebody_listens_or_not(door_name: str) -> None:
    logs = []
    for on_event in (None, lambda _: None):
        answers = (status("QUEUED"), gateway(503), status("RUNNING"), success())
        door = open_door(door_name, *answers, on_event=on_event)
        door.call(door.start(), "wait")
        logs.append(door.log)
    assert logs[0] == logs[1]


def test_the_end_of_a_query_is_told_once() -> None:
    told: list[Event] = []
    door = open_door("sync", success(), on_event=told.append)
    handle = door.run()
    door.collect(handle, "rows")
    door.collect(handle, "rows")
    assert [type(event) for event in told] == [StartSent, RequestDone, WaitFinished]


def fails(event: Event) -> None:
    """Be a callback with a mistake in it."""
    raise RuntimeError(f"no room for {event}")


@pytest.mark.parametrize("door_name", DOORS)
def test_a_callback_that_fails_is_logged_and_breaks_nothing(door_name: str, caplog: pytest.LogCaptureFixture) -> None:
    door = open_door(door_name, success(), on_event=fails)
    door.run()
    assert "on_event failed for RequestDone" in caplog.text


def test_events_are_logged_by_how_much_they_matter_and_hold_no_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "supermetrics_query")
    door = open_door("sync", status("QUEUED"), gateway(503), success(), on_event=log_events)
    door.call(door.start(), "wait")
    assert [(record.levelname, record.getMessage().split()[0]) for record in caplog.records] == [
        ("INFO", "StartSent"),
        ("DEBUG", "RequestDone"),
        ("DEBUG", "RequestDone"),
        ("WARNING", "PollFailed"),
        ("DEBUG", "RequestDone"),
        ("DEBUG", "Polled"),
        ("INFO", "WaitFinished"),
    ]
    assert KEY not in caplog.text
    assert "status=SUCCESS" in caplog.text
