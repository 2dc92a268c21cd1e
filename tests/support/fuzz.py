"""Bodies and headers that no API should send, made from those it does send by a seeded random generator."""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import yaml
from attrs import define, field
from supermetrics_query._contract.messages import Answer

from tests.support import answers

T = TypeVar("T")

SPEC = Path(__file__).parents[2] / "openapi.yaml"
URL = "https://api.test/enterprise/v2/query/status"

LEAVES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 7.5, 1e308, -1e308, 2**53, 2**64, -(2**70), 10**400, 10**5000 // 10**4990),
    *(float("nan"), float("inf"), float("-inf"), "", " ", "x", "SUCCESS", "RUNNING", "FAILURE", "success", "\x00"),
    *(
        "\ud800",
        "a\udfffb",
        "\U0001f600",
        "x" * 5000,
        "1",
        "<html>",
        "QUERY_ERROR",
        "STATUS_NOT_FOUND",
        "//[",
        "http://[",
    ),
    *([], {}, [[]], [{}], [None], {"": None}, {"id": []}, [["a"], ["b", "c"]], [[1, 2, 3], {"a": 1}, "x", None]),
    *(
        [{"a": 1}, [1, 2, 3]],
        [{"data_column": True}],
        {"fields": [{"data_column": 10**30}]},
        [[[["x"]]]],
        {"a": {"b": {}}},
    ),
)

HEADERS: dict[str, tuple[str, ...]] = {
    "retry-after": (
        *("7", "-7", "0", "1e9", "1e308", "nan", "inf", "", " ", "soon", "1_0", "\u0663", "9" * 400, "0x10", "7, 7"),
        *("Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 99 Foo 0000 99:99:99 GMT", "1 Jan 1 00:00:00 +9999", "0 0 0 0 0 0"),
        *("Mon, 31 Dec 9999 23:59:59 -2359", "Mon, 01 Jan 0001 00:00:00 +2359", ",", ",,,,", "Mon,", "1 Jan", "\udc80"),
    ),
    "date": ("Wed, 21 Oct 2015 07:28:00 GMT", "", "yesterday", "9" * 50, "1 Jan 1 00:00:00 +9999", ", , ,"),
    "x-ratelimit-limit": ("100", "-1", "", "1e3", "\u00b2", "9" * 5000),
    "x-ratelimit-remaining": ("0", "many", "\u0661", "0000000000000"),
    "x-request-id": ("request_3", "", "\udcff", "x" * 9000),
    "content-type": ("text/html", "application/json; charset=utf-16", "application/problem+json", ""),
}


def spec_examples() -> Iterator[Any]:
    """Yield every example of the contract that is an object."""
    pending: list[Any] = [yaml.safe_load(SPEC.read_text())]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            shown = [node.get("example"), *(each.get("value") for each in named(node) if isinstance(each, dict))]
            yield from (json.loads(json.dumps(each, default=str)) for each in shown if isinstance(each, dict))
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)


def named(node: dict[str, Any]) -> list[Any]:
    """Return the named examples of a node of the contract."""
    examples = node.get("examples")
    return list(examples.values()) if isinstance(examples, dict) else []


def own_examples() -> Iterator[Any]:
    """Yield the answers that other tests of this project use."""
    given = [answers.success(), answers.status("RUNNING", ready=1, total=4), answers.NOT_FOUND]
    given += [answers.success(settings={"no_headers": True}), answers.success(None), answers.success(fields=None)]
    given += [answers.problem(500, "x", detail="y"), answers.bare(400, "BAD_REQUEST"), answers.envelope(500, "Error:")]
    yield from (json.loads(each.content) for each in given)
    yield json.loads(answers.success([{"date": 1, "temp": 2}, {"wind": 3}]).content)


# Ours are repeated: they hold rows, and the contract has many examples without rows.
EXAMPLES = [json.dumps(each) for each in (*[*own_examples()] * 8, *spec_examples())]


@define
class Fuzz:
    """A source of answers; the same seed gives the same answers."""

    seed: int
    random: Random = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.random = Random(self.seed)

    def answer(self) -> Answer:
        """Make an answer."""
        status = self.pick((200, 200, 200, 202, self.random.randint(200, 599)))
        flaw = "ReadError: cut" if self.random.random() < 0.02 else None
        return Answer(status, self.headers(), self.body(), "GET", URL, received=1.7e9, flaw=flaw)

    def headers(self) -> dict[str, str]:
        """Choose headers, most of them wrong."""
        chosen = self.random.sample(list(HEADERS), self.random.randint(0, 4))
        return {name: self.pick(HEADERS[name]) for name in chosen}

    def body(self) -> bytes:
        """Make a body: mostly an example with something wrong in it, sometimes noise."""
        kind = self.random.random()
        if kind < 0.05:
            return self.noise()
        if kind < 0.08:
            return self.deep()
        document = self.document()
        text = json.dumps(document, ensure_ascii=self.random.random() < 0.7)
        body = text.encode(self.pick(("utf-8",) * 9 + ("utf-16",)), "surrogatepass")
        if self.random.random() < 0.05:
            body = b"\xef\xbb\xbf" + body
        return self.damaged(body) if self.random.random() < 0.2 else body

    def document(self) -> Any:
        """Change a few places of an example."""
        document = json.loads(self.pick(EXAMPLES))
        for _ in range(self.pick((0, 1, 1, 1, 2, 3))):
            self.change(document)
        return document

    def change(self, document: Any) -> None:
        """Put something wrong into one place, or take it away."""
        container, key = self.place(document)
        if key is None:
            return
        if isinstance(container, dict) and self.random.random() < 0.15:
            del container[key]
        else:
            container[key] = deepcopy(self.pick(LEAVES))

    def place(self, container: Any) -> tuple[Any, Any]:
        """Descend a document at random, and stop somewhere."""
        while container:
            key = self.pick(list(container) if isinstance(container, dict) else range(len(container)))
            inner = container[key]
            if not isinstance(inner, dict | list) or not inner or self.random.random() < 0.25:
                return container, key
            container = inner
        return container, None

    def pick(self, items: Sequence[T]) -> T:
        """Choose one; `Random.choice` is slower."""
        return items[int(self.random.random() * len(items))]

    def noise(self) -> bytes:
        """Make bytes that mean nothing, or only a scalar."""
        return self.pick((self.random.randbytes(self.random.randint(0, 60)), self.scalar()))

    def scalar(self) -> bytes:
        """Write one leaf as a whole body."""
        return json.dumps(self.pick(LEAVES)).encode()

    def deep(self) -> bytes:
        """Nest a part of a good answer so deeply that a decoder, printer or comparison may fail."""
        depth = self.pick((50, 200, 500, 800, 900, 950, 980, 1000, 3000))
        opening, closing = self.pick(((b"[", b"]"), (b'{"a":', b"}")))
        nested = opening * depth + self.pick((b"1", b"[]")) + closing * depth
        frame = self.pick(
            (
                b"%s",
                b'{"meta": {"status_code": "SUCCESS", "progress": %s}}',
                b'{"meta": {"status_code": "SUCCESS"}, "data": %s}',
                b'{"meta": {"status_code": "SUCCESS"}, "data": [["Date", %s], ["2013-01-01", 1]]}',
                b'{"meta": {"status_code": "SUCCESS"}, "data": [["Date"], [1], [%s]]}',
                b'{"meta": {"status_code": "SUCCESS", "query": {"fields": %s}}, "data": [["Date"], [1]]}',
                b'{"error": %s}',
            )
        )
        return frame % nested

    def damaged(self, body: bytes) -> bytes:
        """Cut a body, or change some of its bytes."""
        if self.random.random() < 0.3:
            return body[: self.random.randint(0, len(body))]
        changed = bytearray(body)
        for _ in range(self.random.randint(1, 4)):
            if changed:
                changed[self.random.randrange(len(changed))] = self.pick(b'\x00\xff\xc0\x80"\\{}[]:,019-eEnN')
        return bytes(changed)
