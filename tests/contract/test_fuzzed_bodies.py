"""Reading any answer returns a status or rows, or raises one of our exceptions, and nothing else."""

import os
import traceback
from collections import Counter

import pytest
from supermetrics_query import SupermetricsQueryError
from supermetrics_query._contract.messages import Answer
from supermetrics_query._contract.status import status_of
from supermetrics_query._core.polling import PollPolicy, gap
from supermetrics_query._results.rows import data_of, layout_of

from tests.support.answers import status, success
from tests.support.fuzz import Fuzz
from tests.support.scripted import scripted_client

SEED = int(os.environ.get("FUZZ_SEED", "20130101"))
BATCHES, BATCH = 20, 5_000
POLICY = PollPolicy()


def read(answer: Answer) -> str:
    """Read an answer as the client does, and say how that ended."""
    try:
        seen = status_of(answer, "night-1")
    except SupermetricsQueryError as error:
        return type(error).__name__ if str(error) else "an error without a message"
    assert POLICY.floor <= gap(POLICY, 10.0, seen.progress, lambda: 0.5) <= POLICY.ceiling
    assert seen.progress is None or seen.progress.fraction is None or 0 <= seen.progress.fraction <= 1
    layout = layout_of(seen.response)
    try:
        rows = layout.rows(data_of(seen.response))
    except ValueError as error:
        if "cells where there are" not in str(error):
            raise
        return "too long a row"
    assert all(len(row) == len(layout.columns) for row in rows)
    return "rows" if rows else "status"


@pytest.mark.parametrize("batch", range(BATCHES))
def test_any_answer_becomes_a_status_or_one_of_our_exceptions(batch: int) -> None:
    fuzz = Fuzz(SEED + batch)
    endings: Counter[str] = Counter()
    for number in range(BATCH):
        answer = fuzz.answer()
        try:
            endings[read(answer)] += 1
        except Exception:  # noqa: BLE001 - whatever it is, the report must name the seed
            pytest.fail(
                f"FUZZ_SEED={SEED} batch={batch} number={number}: {answer!r} {answer.body[:2000]!r}\n"
                + traceback.format_exc(limit=-4)
            )
    assert endings["an error without a message"] == 0
    assert min(endings["rows"], endings["status"], endings["UnreadableResponseError"], endings["ServerError"]) > 100


def test_a_count_too_large_for_a_float_is_no_progress(backend: str) -> None:
    subject = scripted_client(backend, status("RUNNING", ready=1, total=10**400), success())
    handle = subject.call(subject.client.attach("night-1"), "wait")
    assert handle.status.is_success
    assert subject.log == ["poll 0..9999", "sleep 1.00", "poll 0..9999"]
