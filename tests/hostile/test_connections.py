"""Connections: no answer is that of another request, and none is shared by processes, event loops or the closed."""

import asyncio
import gc
import os
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import anyio
import httpx
import pytest
from supermetrics_query import AsyncQueryClient, ConfigurationError, NoLimiter, QueryClient, RetryPolicy
from supermetrics_query._contract.messages import Answer
from supermetrics_query._contract.requests import get_query_status
from supermetrics_query._core.effects import Send
from supermetrics_query._io.aiohttp_transport import AiohttpTransport
from supermetrics_query._io.credentials import Credentials
from supermetrics_query._io.httpx_transport import AsyncTransport, Transport

from tests.support.calling import STACKS, backend_of, transport_of
from tests.support.scripted import KEY
from tests.support.servers import LIMIT, STAYS, Behaviour, Exchange, a_server

ONCE = RetryPolicy(attempts=1)
IDLE = 0.2  # seconds after which bytes that were sent have arrived
ASYNC_STACKS = tuple(stack for stack in STACKS if stack != "sync")


def options(base_url: str, stack: str = "sync") -> dict[str, Any]:
    """Return the options of a client that sends each request once."""
    return {"base_url": base_url, "retry": ONCE, "limiter": NoLimiter(), **transport_of(stack)}


def effect(name: str) -> Send:
    """Return the poll of a query."""
    return Send(get_query_status(name, 0, 9), timeout=5.0)


def sent_one_after_another(
    stack: str, base_url: str, names: list[str], between: Callable[[Answer], object] = lambda _: None
) -> list[str]:
    """Return the bodies of the answers to polls that share a transport."""
    credentials = Credentials(KEY, None)

    async def send_all() -> list[str]:
        transport = (AiohttpTransport if stack == "aiohttp" else AsyncTransport)(base_url, {})
        bodies = []
        for name in names:
            answer = await transport.send(effect(name), credentials)
            bodies.append(answer.body.decode())
            between(answer)
            await anyio.sleep(0)
        await transport.close()
        return bodies

    if stack != "sync":
        return anyio.run(send_all, backend=backend_of(stack))
    transport, bodies = Transport(base_url, {}), []
    for name in names:
        answer = transport.send(effect(name), credentials)
        bodies.append(answer.body.decode())
        between(answer)
    transport.close()
    return bodies


def plain(name: str) -> bytes:
    """Return an answer that names its query and says how long it is."""
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(name)}\r\n\r\n{name}".encode()


def chunked(name: str) -> bytes:
    """Return an answer that names its query in two chunks."""
    halves = (name[:3], name[3:])
    chunks = "".join(f"{len(half):x}\r\n{half}\r\n" for half in halves)
    return f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n".encode()


def once_in_one_packet(exchange: Exchange, answer: bytes) -> None:
    exchange.send(answer + answer)


def a_part_in_one_packet(exchange: Exchange, answer: bytes) -> None:
    exchange.send(answer + answer[:20])


def a_byte_in_one_packet(exchange: Exchange, answer: bytes) -> None:
    exchange.send(answer + b"\r")


def in_two_packets(exchange: Exchange, answer: bytes) -> None:
    exchange.send(answer)
    time.sleep(IDLE / 4)
    exchange.send(answer)


def dripped(exchange: Exchange, answer: bytes) -> None:
    for begin in range(0, len(answer + answer), 7):
        exchange.send((answer + answer)[begin : begin + 7])


@pytest.mark.parametrize("write", [plain, chunked])
@pytest.mark.parametrize(
    "repeat", [once_in_one_packet, a_part_in_one_packet, a_byte_in_one_packet, in_two_packets, dripped]
)
def test_bytes_after_an_answer_are_never_taken_for_the_next(
    stack: str, repeat: Callable[[Exchange, bytes], None], write: Callable[[str], bytes]
) -> None:
    def behave(exchange: Exchange) -> bool:
        repeat(exchange, write(exchange.asked["schedule_id"]))
        return STAYS

    names = ["query-1", "query-2", "query-3"]
    with a_server(behave) as server:
        bodies = sent_one_after_another(stack, server.base_url, names, lambda _: time.sleep(IDLE / 2))
    assert bodies == names
    assert server.connections == len(names)


@pytest.mark.parametrize("write", [plain, chunked])
def test_a_connection_is_kept_where_nothing_follows_an_answer(stack: str, write: Callable[[str], bytes]) -> None:
    def behave(exchange: Exchange) -> bool:
        exchange.send(write(exchange.asked["schedule_id"]))
        return STAYS

    names = [f"query-{number}" for number in range(5)]
    with a_server(behave) as server:
        assert sent_one_after_another(stack, server.base_url, names) == names
    assert server.connections == 1


def test_an_answer_that_is_discarded_takes_its_connection_along(stack: str) -> None:
    def behave(exchange: Exchange) -> bool:
        exchange.send(plain(exchange.asked["schedule_id"]))
        return STAYS

    with a_server(behave) as server:
        sent_one_after_another(stack, server.base_url, ["query-1", "query-2"], lambda answer: answer.discard())
    assert server.seen == [(1, 1), (2, 1)]


def rows_of(exchange: Exchange) -> bytes:
    """Return a result that names its query, as the API writes it."""
    name = exchange.asked["schedule_id"]
    fields = [{"id": "a", "field_id": "a", "field_name": "a", "field_type": "dim", "data_column": 0}]
    meta = {"schedule_id": name, "status_code": "SUCCESS", "query": {"fields": fields}}
    body = httpx.Response(200, json={"meta": meta, "data": [["a"], [name]]}).content
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def keeps(exchange: Exchange) -> bool:
    """Answer and keep the connection."""
    exchange.send(rows_of(exchange))
    return STAYS


def in_a_child(work: Callable[[], bool]) -> int:
    """Do work in a child of this process; return the process, which ends with 0 where the work returns True."""
    process = os.fork()
    if process == 0:
        with suppress(BaseException):
            os._exit(0 if work() else 1)
        os._exit(2)
    return process


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_client_that_is_used_on_both_sides_of_a_fork_mixes_nothing_up() -> None:
    def poll(name: str) -> bool:
        statuses = [client.status(f"{name}-{number}") for number in range(30)]
        return [status.schedule_id for status in statuses] == [f"{name}-{number}" for number in range(30)]

    with a_server(keeps) as server, QueryClient(KEY, **options(server.base_url)) as client:
        client.status("before")
        children = [in_a_child(partial(poll, name)) for name in ("child-a", "child-b")]
        assert poll("parent")
        assert [os.waitpid(each, 0)[1] for each in children] == [0, 0]
    assert {request for connection, request in server.seen if connection == 1} == {*range(1, 32)}
    assert server.connections == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_holds_no_connection_of_its_parent_open() -> None:
    def poll_and_close() -> bool:
        client.status("child")
        client.close()
        return True

    with a_server(keeps) as server, QueryClient(KEY, **options(server.base_url)) as client:
        client.status("before")
        child = in_a_child(poll_and_close)
        assert os.waitpid(child, 0)[1] == 0
        assert client.status("after").schedule_id == "after"
    assert server.seen == [(1, 1), (2, 1), (1, 2)]


@pytest.mark.parametrize("stack", ASYNC_STACKS)
def test_each_event_loop_has_connections_of_its_own_and_closes_them(stack: str) -> None:
    async def poll(name: str) -> str | None:
        return (await client.status(name)).schedule_id

    with a_server(keeps) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        client = AsyncQueryClient(KEY, **options(server.base_url, stack))
        for name in ("loop-1", "loop-2"):
            assert anyio.run(poll, name, backend=backend_of(stack)) == name
            assert server.closed.wait(LIMIT)
            server.closed.clear()
        gc.collect()
    assert server.seen == [(1, 1), (2, 1)]


@pytest.mark.parametrize("stack", ["asyncio", "aiohttp"])
def test_two_event_loops_that_take_turns_keep_their_connections(stack: str) -> None:
    async def poll(name: str) -> str | None:
        return (await client.status(name)).schedule_id

    with a_server(keeps) as server, asyncio.Runner() as first, asyncio.Runner() as second:
        client = AsyncQueryClient(KEY, **options(server.base_url, stack))
        for turn in range(3):
            for runner in (first, second):
                assert runner.run(poll(f"turn-{turn}")) == f"turn-{turn}"
        first.run(client.aclose())
    assert server.connections == 2


def fails_when_it_is_closed(poll: Callable[[], object]) -> None:
    with pytest.raises(ConfigurationError, match="has been closed"):
        poll()


def head_alone(exchange: Exchange) -> bool:
    """Send the head of an answer, and never its body."""
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    return exchange.is_silent()


@pytest.mark.parametrize("behaviour", [Exchange.is_silent, head_alone])
def test_a_thread_that_waits_for_an_answer_goes_on_when_the_client_is_closed(behaviour: Behaviour) -> None:
    with a_server(behaviour) as server:
        client = QueryClient(KEY, **options(server.base_url))
        thread = threading.Thread(target=fails_when_it_is_closed, args=(lambda: client.status("query-1"),))
        thread.start()
        wait_until(lambda: server.seen)
        time.sleep(0.05)
        began = time.monotonic()
        client.close()
        thread.join(LIMIT)
        assert time.monotonic() - began < 1


def wait_until(is_true: Callable[[], object]) -> None:
    """Wait until something is the case."""
    end = time.monotonic() + LIMIT
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize("behaviour", [Exchange.is_silent, head_alone])
@pytest.mark.parametrize("stack", ASYNC_STACKS)
def test_a_task_that_waits_for_an_answer_goes_on_when_the_client_is_closed(stack: str, behaviour: Behaviour) -> None:
    async def fails(client: AsyncQueryClient) -> None:
        with pytest.raises(ConfigurationError, match="has been closed"):
            await client.status("query-1")

    async def close_while_it_waits(base_url: str) -> float:
        client = AsyncQueryClient(KEY, **options(base_url, stack))
        async with anyio.create_task_group() as group:
            group.start_soon(fails, client)
            await anyio.to_thread.run_sync(wait_until, lambda: server.seen)
            await anyio.sleep(0.05)
            began = time.monotonic()
            await client.aclose()
        return time.monotonic() - began

    with a_server(behaviour) as server:
        assert anyio.run(close_while_it_waits, server.base_url, backend=backend_of(stack)) < 1


@contextmanager
def full() -> Iterator[str]:
    """Listen with a queue that is full, so that connecting takes for ever."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        with socket.create_connection(address), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(address)
            yield f"http://127.0.0.1:{address[1]}"


def test_a_client_that_is_closed_while_it_connects_leaves_no_socket(stack: str) -> None:
    async def fails(client: AsyncQueryClient) -> None:
        with pytest.raises(ConfigurationError, match="has been closed"):
            await client.status("query-1")

    async def close_while_it_connects(base_url: str) -> None:
        client = AsyncQueryClient(KEY, **options(base_url, stack))
        async with anyio.create_task_group() as group:
            group.start_soon(fails, client)
            await anyio.sleep(0.1)
            await client.aclose()

    def close_while_a_thread_connects(base_url: str) -> None:
        client = QueryClient(KEY, timeout=0.5, **options(base_url))
        thread = threading.Thread(target=fails_when_it_is_closed, args=(lambda: client.status("query-1"),))
        thread.start()
        time.sleep(0.1)
        began = time.monotonic()
        client.close()
        thread.join(LIMIT)
        assert time.monotonic() - began < 0.3

    with full() as base_url, warnings.catch_warnings():
        warnings.simplefilter("error")
        if stack == "sync":
            close_while_a_thread_connects(base_url)
        else:
            anyio.run(close_while_it_connects, base_url, backend=backend_of(stack))
        gc.collect()
