"""What `on_event` receives, and that a failing callback breaks nothing."""

import logging

import pytest
from supermetrics_query import Polled, PollFailed, RequestDone, RetryScheduled, StartSent, WaitFinished, log_events
from supermetrics_query.events import Event

from tests.support.answers import gateway, refused, status, success
from tests.support.scripted import KEY, scripted_client


def test_every_event_is_emitted_in_order(backend: str) -> None:
    events: list[Event] = []
    subject = scripted_client(
        backend, refused(), status("QUEUED", http=202), gateway(503), success(), on_event=events.append, takes=2.0
    )
    handle = subject.start()
    subject.call(handle, "wait")
    assert [type(event) for event in events] == [
        *(RequestDone, StartSent, RetryScheduled, RequestDone),
        *(RequestDone, PollFailed),
        *(RequestDone, Polled, WaitFinished),
    ]
    assert events[1] == StartSent(schedule_id="night-1", token=handle.token)
    assert isinstance(events[5], PollFailed)
    assert (events[5].error.schedule_id, events[5].error.token) == ("night-1", handle.token)
    assert events[3] == RequestDone(operation="start_query", status=202, seconds=2.0)
    assert isinstance(events[-1], WaitFinished)
    assert (events[-1].schedule_id, events[-1].code) == ("night-1", "SUCCESS")


def test_the_client_does_the_same_whether_or_not_somebody_listens(backend: str) -> None:
    logs = []
    for on_event in (None, lambda _: None):
        answers = (status("QUEUED"), gateway(503), status("RUNNING"), success())
        subject = scripted_client(backend, *answers, on_event=on_event)
        subject.call(subject.start(), "wait")
        logs.append(subject.log)
    assert logs[0] == logs[1]


def test_the_end_of_a_query_is_emitted_once() -> None:
    events: list[Event] = []
    subject = scripted_client("sync", success(), on_event=events.append)
    handle = subject.run()
    subject.collect(handle, "rows")
    subject.collect(handle, "rows")
    assert [type(event) for event in events] == [RequestDone, StartSent, RequestDone, WaitFinished]


def fails(event: Event) -> None:
    """Fail, as a callback with a bug does."""
    raise RuntimeError(f"no room for {event}")


def test_a_callback_that_fails_is_logged_and_breaks_nothing(backend: str, caplog: pytest.LogCaptureFixture) -> None:
    subject = scripted_client(backend, success(), on_event=fails)
    subject.run()
    assert "on_event failed for RequestDone" in caplog.text


def test_events_are_logged_by_how_much_they_matter_and_hold_no_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "supermetrics_query")
    subject = scripted_client("sync", status("QUEUED"), gateway(503), success(), on_event=log_events)
    subject.call(subject.start(), "wait")
    assert [(record.levelname, record.getMessage().split()[0]) for record in caplog.records] == [
        ("DEBUG", "RequestDone"),
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
