"""`watch` yields every change of a query once, what is known first and its end last."""

import pytest
from supermetrics_query import ResultExpiredError

from tests.support.answers import NOT_FOUND, gateway, status, success
from tests.support.scripted import scripted_client

RUNNING = status("RUNNING", ready=1, total=4)


def test_every_change_is_yielded_once_and_the_end_last(backend: str) -> None:
    answers = (RUNNING, RUNNING, gateway(503), status("RUNNING", ready=2, total=4), success())
    subject = scripted_client(backend, *answers)
    seen = subject.collect(subject.client.attach("night-1"), "watch")
    assert [(str(each.code), each.progress.ready if each.progress else None) for each in seen] == [
        ("RUNNING", 1),
        ("RUNNING", 2),
        ("SUCCESS", None),
    ]


def test_what_is_known_already_comes_first(backend: str) -> None:
    subject = scripted_client(backend, status("QUEUED"), success())
    query = subject.start()
    assert [str(each.code) for each in subject.collect(query, "watch")] == ["QUEUED", "SUCCESS"]
    assert [str(each.code) for each in subject.collect(query, "watch")] == ["SUCCESS"]


def test_a_query_that_fails_ends_with_its_status(backend: str) -> None:
    subject = scripted_client(backend, RUNNING, status("FAILURE"))
    seen = subject.collect(subject.client.attach("night-1"), "watch")
    assert [str(each.code) for each in seen] == ["RUNNING", "FAILURE"]


def test_an_end_without_a_status_is_raised(backend: str) -> None:
    subject = scripted_client(backend, RUNNING, NOT_FOUND)
    with pytest.raises(ResultExpiredError):
        subject.collect(subject.client.attach("night-1"), "watch")
    assert [str(each.code) for each in subject.seen] == ["RUNNING"]
