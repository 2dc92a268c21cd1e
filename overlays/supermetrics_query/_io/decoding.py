"""Undo the one coding that a body may have. What comes out does so in parts, however little went in."""

import zlib
from collections.abc import Iterator
from typing import Any

from attrs import define, field

ACCEPTED = "gzip, deflate"
PART = 256 * 1024  # bytes; 256 bytes of gzip can hold so much
GZIP, ZLIB, DEFLATE = 31, 15, -15  # how zlib calls what stands around the same compressed bytes
WINDOWS = {"gzip": (GZIP, GZIP), "x-gzip": (GZIP, GZIP), "deflate": (ZLIB, DEFLATE)}  # some send deflate bare
IDENTITY = {"", "identity"}


@define
class Decoder:
    """Decodes one body; gzip may have several members."""

    coding: str = ""
    stream: Any = field(default=None, repr=False)  # None between two members
    has_ended: bool = False  # whether a member has

    @property
    def is_known(self) -> bool:
        """Whether the coding is one that was asked for."""
        return self.coding in IDENTITY or self.coding in WINDOWS

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing at the end."""
        return self.stream is None

    def parts(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what a chunk holds; raise zlib.error where it is damaged, or goes on after its end."""
        if self.coding in IDENTITY:
            yield chunk
            return
        goes_on = bool(chunk)
        while goes_on:
            self.stream = self.stream or self.member(chunk)
            part = self.stream.decompress(chunk, PART)
            chunk = self.stream.unconsumed_tail or self.stream.unused_data
            goes_on = bool(chunk) or (len(part) == PART and not self.stream.eof)
            if self.stream.eof:
                self.stream, self.has_ended = None, True
            if part:
                yield part

    def member(self, chunk: bytes) -> Any:
        """Return what decodes the bytes that begin here."""
        wrapped, bare = WINDOWS[self.coding]
        if self.has_ended and wrapped != GZIP:
            raise zlib.error("bytes follow its end")
        return zlib.decompressobj(wrapped if wrapped == GZIP or chunk[0] & 15 == zlib.DEFLATED else bare)
