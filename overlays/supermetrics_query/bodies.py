"""The body of an answer while it arrives, within its bounds of size and time."""

import time
from collections.abc import Callable, Mapping

from attrs import define, field

from ._contract.messages import Answer, Request


@define
class Body:
    """What has arrived of a body, and what is wrong with it."""

    most: int
    total: float | None  # seconds for the whole answer
    flaw: str | None = None
    write: Callable[[bytes], object] | None = None
    content: bytes | bytearray = b""
    began: float = field(factory=time.monotonic)

    @property
    def age(self) -> float:
        """How many seconds ago it was asked for."""
        return time.monotonic() - self.began

    def left(self) -> float | None:
        """Return how many seconds are left for it."""
        return None if self.total is None else max(0.0, self.total - self.age)

    def into(self, request: Request, status: int) -> "Body":
        """Hand a success on as it comes, where the request says so; an error is always kept."""
        self.write = request.write if 200 <= status < 300 else None
        return self

    def takes(self, chunk: bytes) -> bool:
        """Add a part, and tell whether more may come."""
        if self.write is not None:
            return self.write(chunk) is not False
        self.content = joined(self.content, chunk) if self.content else chunk
        if len(self.content) > self.most:
            self.flaw = f"its body is longer than {self.most} bytes"
        elif self.left() == 0:
            self.flaw = f"its body did not end within {self.total:g} s"
        return self.flaw is None

    def answer(self, status: int, headers: Mapping[str, str], method: str, url: str, serial: int) -> Answer:
        """Return what has arrived as plain data; `headers` have names in lower case."""
        return Answer(
            status=status,
            headers=headers,
            body=self.content,
            method=method,
            url=url.partition("?")[0],
            received=time.time(),
            seconds=self.age,
            credential=serial,
            flaw=self.flaw,
        )


def joined(content: bytes | bytearray, chunk: bytes) -> bytearray:
    """Add a part in place. Most bodies have one, which is not copied."""
    whole = content if isinstance(content, bytearray) else bytearray(content)
    whole += chunk
    return whole
