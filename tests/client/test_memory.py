"""A result is freed with its last reference, without waiting for the garbage collector."""

import gc
from collections.abc import Iterator
from typing import Any
from weakref import ref

import anyio
import pytest
from supermetrics_query import QueryError

from tests.support.answers import ROWS, success
from tests.support.calling import each_async_backend
from tests.support.scripted import a_query, scripted_client

METHODS = ("refresh", "wait", "watch", "pages", "rows")
MANY = ("run_many", "as_completed")


@pytest.fixture(autouse=True)
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def are_gone(queries: list[Any]) -> bool:
    """Drop the queries, and return whether their answers were freed with them."""
    answers = [ref(query.status) for query in queries]
    queries.clear()
    return bool(answers) and not any(answer() for answer in answers)


def given(client: Any, method: str) -> list[Any]:
    """Return what a method of a client takes."""
    return [a_query()] if method == "run_many" else [client.attach("night-1"), client.attach("night-1")]


def read(client: Any, method: str) -> list[Any]:
    """Read a result with a method of the client or of its handle, and return the handles."""
    if method in MANY:
        return list(getattr(client, method)(given(client, method)))
    query = client.attach("night-1")
    result = getattr(query, method)()
    assert not isinstance(result, Iterator) or list(result)
    return [query]


async def read_async(client: Any, method: str) -> list[Any]:
    """Do the same in async code."""
    if method in MANY:
        return [query async for query in getattr(client, method)(given(client, method))]
    query = client.attach("night-1")
    result = getattr(query, method)()
    if hasattr(result, "__aiter__"):
        assert [item async for item in result]
    else:
        await result
    return [query]


@pytest.mark.parametrize("method", METHODS + MANY)
def test_a_result_goes_with_its_query(method: str) -> None:
    subject = scripted_client("sync", success())
    assert are_gone(read(subject.client, method))


@pytest.mark.parametrize("method", METHODS + MANY)
@each_async_backend
def test_a_result_goes_with_its_query_while_other_tasks_go_on(backend: str, method: str) -> None:
    async def gone() -> bool:
        return are_gone(await read_async(scripted_client(backend, success()).client, method))

    assert anyio.run(gone, backend=backend)


@pytest.mark.parametrize("later", [[["2013-01-03", 1.0, "one cell more"]], ROWS[1:]])
def test_a_result_that_cannot_be_read_goes_with_its_query(later: list[Any]) -> None:
    query: Any = scripted_client("sync", success(), success(later), page_size=2).client.attach("night-1")
    with pytest.raises(QueryError, match="gave 2 rows"):
        list(query.pages(prefetch=0))
    queries = [query]
    del query
    assert are_gone(queries)


def test_as_completed_yields_the_handles_that_it_was_given() -> None:
    client: Any = scripted_client("sync", success()).client
    queries = given(client, "as_completed")
    assert set(client.as_completed(queries)) == set(queries)
