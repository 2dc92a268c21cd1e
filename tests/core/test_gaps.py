"""The gap after a poll, value by value."""

import pytest
from attrs import frozen
from supermetrics_query import PollPolicy, Progress
from supermetrics_query._core.polling import NEVER, RESOLUTION, Deadline, gap

DEFAULT = PollPolicy()


@frozen
class Gap:
    """A gap, and what it follows from."""

    seconds: float
    age: float
    ready: int | None = None
    total: int = 0
    draw: float = 0.5
    policy: PollPolicy = DEFAULT


GAPS = {
    "before the first gap is over": Gap(1.0, 0.5, draw=1),
    "at the end of the first gap": Gap(1.1, 1.0, draw=1),
    "the square root of the age": Gap(10.0, 100),
    "the least that jitter makes of it": Gap(9.0, 100, draw=0),
    "the most that jitter makes of it": Gap(11.0, 100, draw=1),
    "a share of the time that seems left": Gap(2.8, 10, 5, 7),
    "no more than a part of the age": Gap(5.0, 10, 1, 20),
    "no less than a part of the age": Gap(3.0, 100, 99, 100),
    "where everything is ready": Gap(3.0, 100, 100, 100),
    "where the only part is ready": Gap(3.0, 100, 1, 1),
    "where more is ready than there is": Gap(3.0, 100, 101, 100),
    "no progress at all": Gap(10.0, 100, 0, 100),
    "progress that is not to be used": Gap(10.0, 100, 99, 100, policy=PollPolicy(use_progress=False)),
    "the ceiling": Gap(30.0, 10_000),
    "the floor": Gap(5.0, 4, policy=PollPolicy(floor=5)),
}


@pytest.mark.parametrize("name", GAPS)
def test_a_gap_follows_the_progress_or_the_age(name: str) -> None:
    each = GAPS[name]
    progress = None if each.ready is None else Progress(each.ready, each.total)
    assert gap(each.policy, each.age, progress, lambda: each.draw) == pytest.approx(each.seconds)


def test_a_request_has_the_time_that_its_deadline_leaves() -> None:
    assert Deadline(at=100).remaining(90, otherwise=30) == 10
    assert Deadline(at=100, is_now=True).remaining(90, otherwise=30) == 30
    assert Deadline(at=100).remaining(200, otherwise=30) > 0


def test_a_deadline_is_over_as_soon_as_a_timer_may_say_so() -> None:
    deadline = Deadline(at=RESOLUTION)
    assert (deadline.is_over(0.0), deadline.is_over(-1e-9), NEVER.is_over(1e12)) == (True, False, False)
