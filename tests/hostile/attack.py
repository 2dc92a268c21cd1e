"""A server that holds a few results, tells the truth about them, and spoils its answers at random.

It shares nothing with the emulator. Every row says whose it is, so a row that a caller should not have is seen at once.
"""

import gzip
import json
import threading
import zlib
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from attrs import define, field

from tests.support.servers import CLOSES, STAYS, Exchange

PAGE = 5
FIELDS = [{"field_id": name, "field_name": name, "data_column": column} for column, name in enumerate(("of", "row"))]
CODINGS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
NEVER = threading.Event()

Headers = dict[str, str]


@define
class Reply:
    """An answer before it is written."""

    status: int
    body: bytes
    headers: Headers = field(factory=lambda: {"Content-Type": "application/json"})

    def written(self, *, length: int | None = None) -> bytes:
        """Return its bytes, with another Content-Length where one is given."""
        size = len(self.body) if length is None else length
        lines = [f"{name}: {value}" for name, value in {**self.headers, "Content-Length": str(size)}.items()]
        return "\r\n".join([f"HTTP/1.1 {self.status} Said", *lines, "", ""]).encode() + self.body


def in_json(status: int, content: object) -> Reply:
    """Answer with JSON."""
    return Reply(status, json.dumps(content).encode())


def refused(status: int, code: str, **headers: str) -> Reply:
    """Answer with an error."""
    reply = in_json(status, {"meta": {}, "error": {"code": code, "message": "It did not work"}})
    reply.headers |= {name.replace("_", "-"): value for name, value in headers.items()}
    return reply


def rows_of(name: str) -> list[list[Any]]:
    """Return the rows of a query: from none to a little more than two pages."""
    return [[name, number] for number in range(sum(name.encode()) % 13)]


@define
class Liar:
    """Answers truthfully, and spoils a share of the answers."""

    random: Random
    share: float
    started: Counter[str] = field(factory=Counter)
    polled: Counter[str] = field(factory=Counter)
    answered: set[str] = field(factory=set)  # whose start was answered, so that it must not come again
    repeated: list[str] = field(factory=list)
    answers: int = 0
    spoiled: Counter[str] = field(factory=Counter)
    before: Reply = field(factory=lambda: refused(404, "STATUS_NOT_FOUND"))  # the answer to the request before
    lock: threading.Lock = field(factory=threading.Lock)

    def __call__(self, exchange: Exchange) -> bool:
        """Answer a request, or do something else."""
        with self.lock:
            reply, previous = self.truth(exchange), self.before
            self.answers += 1
            self.before = reply
            if self.random.random() >= self.share:
                spoil: Spoil = honest
            else:
                spoil = self.random.choice(SPOILS)
                self.spoiled[spoil.__name__] += 1
            draw = Random(self.random.random())
            if exchange.method == "POST":
                self.note_start(str(exchange.asked["schedule_id"]), spoil)
        return spoil(exchange, reply, previous, draw)

    def note_start(self, name: str, spoil: "Spoil") -> None:
        """Note a start whose answer arrives, and one that comes after that."""
        if name in self.answered:
            self.repeated.append(name)
        if spoil in {honest, twice, coded}:
            self.answered.add(name)

    def truth(self, exchange: Exchange) -> Reply:
        """Return what a good server answers."""
        asked = exchange.asked
        if exchange.path.endswith("/history"):
            return in_json(200, {"meta": {}, "data": [{"schedule_id": name} for name in self.started]})
        name = str(asked["schedule_id"])
        if exchange.method == "POST":
            self.started[name] += 1
            return refused(409, "CONFLICT_ERROR") if self.started[name] > 1 else status(name, "QUEUED")
        if not self.started[name]:
            return refused(404, "STATUS_NOT_FOUND")
        if exchange.path.endswith("/results"):
            return Reply(200, file_of(name), {"Content-Type": "text/csv"})
        self.polled[name] += 1
        if self.polled[name] < sum(name.encode()) % 4:
            return status(name, "RUNNING")
        first, last = asked["offset_start"], asked["offset_end"]
        return status(name, "SUCCESS", [["of", "row"], *rows_of(name)][first : last + 1])


def status(name: str, code: str, rows: list[list[Any]] | None = None) -> Reply:
    """Return the status of a query, with rows where it has succeeded."""
    meta = {"schedule_id": name, "status_code": code, "query": {"fields": FIELDS}}
    return in_json(200, {"meta": meta, "data": rows or []})


def is_nameless(reply: Reply, other: Reply) -> bool:
    """Return whether nothing in an answer tells it from another: a file, or a page of the same result."""
    return is_file(reply) or (not is_file(other) and None is not owner_of(reply) == owner_of(other))


def owner_of(page: Reply) -> str | None:
    """Return the query whose rows an answer brings, if it does."""
    meta = json.loads(page.body)["meta"]
    return str(meta["schedule_id"]) if meta.get("status_code") == "SUCCESS" else None


def is_file(reply: Reply) -> bool:
    """Return whether an answer is a file."""
    return reply.headers.get("Content-Type") == "text/csv"


def file_of(name: str) -> bytes:
    """Return the result of a query as a file."""
    return b"".join(b"%s,%d\r\n" % (of.encode(), row) for of, row in [("of", 0), *rows_of(name)]) * 40


Spoil = Callable[[Exchange, Reply, Reply, Random], bool]


def honest(exchange: Exchange, reply: Reply, _before: Reply, _random: Random) -> bool:
    """Send the answer."""
    exchange.send(reply.written())
    return STAYS


def twice(exchange: Exchange, reply: Reply, _before: Reply, _random: Random) -> bool:
    """Send it two times."""
    exchange.send(reply.written() * 2)
    return STAYS


def shifted(exchange: Exchange, reply: Reply, before: Reply, _random: Random) -> bool:
    """Send the answer to the request before, which may be another query's, unless it could be the right one."""
    exchange.send((reply if is_nameless(before, reply) else before).written())
    return STAYS


def cut(exchange: Exchange, reply: Reply, _before: Reply, random: Random) -> bool:
    """Send a part of it, and close."""
    whole = reply.written()
    exchange.send(whole[: random.randrange(len(whole))])
    return CLOSES


def dripped(exchange: Exchange, reply: Reply, _before: Reply, random: Random) -> bool:
    """Send it in small parts, some of them late."""
    whole, step = reply.written(), random.choice((7, 40, 200))
    for start in range(0, len(whole), step):
        exchange.send(whole[start : start + step])
        NEVER.wait(0.001)
    return STAYS


def silent(exchange: Exchange, _reply: Reply, _before: Reply, _random: Random) -> bool:
    """Send nothing until the client hangs up."""
    return exchange.is_silent()


def endless(exchange: Exchange, reply: Reply, _before: Reply, random: Random) -> bool:
    """Send without end: headers, answers before the answer, or chunks."""
    head = b"HTTP/1.1 200 OK\r\n"
    chunks = (head + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n")
    opening, more = random.choice([(head, b"X-More: yes\r\n"), (b"", b"HTTP/1.1 102 Processing\r\n\r\n"), chunks])
    exchange.socket.sendall(opening)
    for _ in range(200):
        exchange.socket.sendall(more)
        NEVER.wait(0.01)
    return CLOSES


def hung_up(_exchange: Exchange, _reply: Reply, _before: Reply, _random: Random) -> bool:
    """Close without an answer."""
    return CLOSES


def coded(exchange: Exchange, reply: Reply, _before: Reply, random: Random) -> bool:
    """Send it in a coding, which is right."""
    name = random.choice(sorted(CODINGS))
    exchange.send(Reply(reply.status, CODINGS[name](reply.body), reply.headers | {"Content-Encoding": name}).written())
    return STAYS


def coded_badly(exchange: Exchange, reply: Reply, _before: Reply, random: Random) -> bool:
    """Send it in a coding that is cut, doubled, or not there."""
    packed = gzip.compress(reply.body)
    body, coding = random.choice(
        [
            (packed[: random.randrange(1, len(packed))], "gzip"),
            (gzip.compress(packed), "gzip, gzip"),
            (reply.body, "gzip"),
        ]
    )
    exchange.send(Reply(reply.status, body, reply.headers | {"Content-Encoding": coding}).written())
    return STAYS


def renamed(exchange: Exchange, reply: Reply, _before: Reply, random: Random) -> bool:
    """Send another query's answer."""
    other = f"q-{random.randrange(100)}"
    rows = [["of", "row"], *rows_of(other)][:PAGE]
    exchange.send(status(other, random.choice(("SUCCESS", "RUNNING", "FAILURE")), rows).written())
    return STAYS


def miscounted(exchange: Exchange, reply: Reply, _before: Reply, random: Random) -> bool:
    """Send it with a length that is wrong. Nobody can know of a file that it should be longer."""
    length = len(reply.body) + random.choice((1, 9) if is_file(reply) else (-9, -1, 1, 9))
    exchange.send(reply.written(length=length))
    return random.choice((CLOSES, STAYS))


def failed(exchange: Exchange, _reply: Reply, _before: Reply, random: Random) -> bool:
    """Send an error of the service, or of a gateway before it."""
    page = Reply(random.choice((200, 204, 302, 403, 502)), b"<html>Sign in</html>", {"Content-Type": "text/html"})
    choices = [refused(500, "INTERNAL_ERROR"), refused(503, "SERVICE_UNAVAILABLE", retry_after="0"), page]
    choices += [refused(429, "TOO_MANY_REQUESTS", retry_after="0"), refused(429, "API_ROW_QUOTA_EXCEEDED")]
    exchange.send(random.choice(choices).written())
    return STAYS


def hollow(exchange: Exchange, reply: Reply, _before: Reply, random: Random) -> bool:
    """Send a success whose rows are missing, or something else."""
    try:
        content = json.loads(reply.body)
        content["data"] = random.choice((None, {}, "rows", 7, True))
    except (ValueError, TypeError):
        content = {"meta": {"status_code": "RUNNING"}}
    exchange.send(in_json(200, content).written())
    return STAYS


SPOILS: tuple[Spoil, ...] = (
    *(twice, shifted, cut, dripped, silent, endless, hung_up, coded, coded_badly),
    *(renamed, miscounted, failed, hollow),
)
