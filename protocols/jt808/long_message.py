"""Messages of the platform in sub-packages: packed when they leave, and again when asked for.

A terminal of 2019 asks for lost packages by 0x0005. Standard 4.4.4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from protocols.contract import ProtocolError
from protocols.jt808.framing import MAX_BODY_BYTES, wrap
from protocols.jt808.header import pack_header

MAX_PACKAGES = 0xFFFF
MAX_REMEMBERED = 8  # of a connection, for packages that are asked for again; the oldest goes
AT_ONCE_BYTES = 32_768  # leave at once; the rest as the line takes it
Key = tuple[str, int]  # identity, serial of the first package


@dataclass(slots=True)
class LongMessage:
    """A message cut into packages of consecutive serials. `head` and `data` are its body: the data
    of a file are shared by all terminals that it goes to."""

    message_id: int
    phone_bcd: bytes
    protocol_version: int | None
    first_serial: int
    head: bytes
    data: bytes
    sent: int = 0

    @property
    def total(self) -> int:
        return -(-(len(self.head) + len(self.data)) // MAX_BODY_BYTES)

    def frame(self, index: int) -> bytes:
        """The package of this number, from 1, for the wire."""
        at = (index - 1) * MAX_BODY_BYTES
        end, head_bytes = at + MAX_BODY_BYTES, len(self.head)
        cut = self.head[at:end] + self.data[max(0, at - head_bytes) : max(0, end - head_bytes)]
        header = pack_header(
            self.message_id,
            len(cut),
            self.phone_bcd,
            self.first_serial + index - 1,
            protocol_version=self.protocol_version,
            package=(self.total, index),
        )
        return wrap(header + cut)


class LongMessages:
    """Those of one connection: what still has to leave, and what may be asked for again."""

    __slots__ = ("_leaving", "_sent")

    def __init__(self) -> None:
        self._leaving: list[LongMessage] = []  # few: a person gave each of them
        self._sent: dict[Key, LongMessage] = {}

    @property
    def waiting(self) -> bool:
        """Whether anything still has to leave."""
        return bool(self._leaving)

    def send(self, identity: str, message: LongMessage) -> bytes:
        """Its first packages; the others come by `more`. Raises ProtocolError("too_long")."""
        if message.total > MAX_PACKAGES:
            raise ProtocolError("too_long", f"{message.total} packages, at most {MAX_PACKAGES}")
        self._sent[identity, message.first_serial] = message
        while len(self._sent) > MAX_REMEMBERED:
            del self._sent[next(iter(self._sent))]
        self._leaving.append(message)
        return b"" if len(self._leaving) > 1 else self.more(AT_ONCE_BYTES)

    def more(self, room: int) -> bytes:
        """The next whole frames, about `room` bytes of them."""
        frames: list[bytes] = []
        size = 0
        while self._leaving and size < room:
            message = self._leaving[0]
            message.sent += 1
            frames.append(message.frame(message.sent))
            size += len(frames[-1])
            if message.sent == message.total:
                del self._leaving[0]
        return b"".join(frames)

    def again(self, key: Key, indexes: Iterable[int]) -> bytes | None:
        """Packages that a terminal asks for; None: it was sent no such message."""
        message = self._sent.get(key)
        if message is None:
            return None
        return b"".join(message.frame(i) for i in indexes if 1 <= i <= message.total)
