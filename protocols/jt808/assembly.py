"""Sub-packages back to whole messages. Standard 4.4.4: packages 1..total, consecutive serials."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocols.contract import ProtocolError
from protocols.jt808.framing import checksum
from protocols.jt808.header import Header, pack_header

MAX_OPEN_MESSAGES = 16  # a connection; the oldest is given up
MAX_PACKAGES = 1024
MAX_MESSAGE_BYTES = 1 << 20
ASSEMBLY_TIMEOUT_US = 60_000_000
ASK_AGAIN_AFTER_US = 5_000_000  # without a further package
MAX_ASKED_TIMES = 3

_Key = tuple[bytes, int, int]


@dataclass(slots=True)
class _Open:
    """A message whose packages are still coming."""

    total: int
    started_us: int
    parts: dict[int, bytes] = field(default_factory=dict)
    serials: dict[int, int] = field(default_factory=dict)
    size: int = 0
    last_us: int = 0
    ended: bool = False  # its last package came, so what lacks is lost
    asked: int = 0


@dataclass(frozen=True, slots=True)
class Assembled:
    """A whole message: its one long frame, and the serials of its packages in order."""

    frame: bytes
    body: bytes
    serials: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """Packages to ask for again; `head`: the body of the first package if it is there."""

    phone_bcd: bytes
    message_id: int
    first_serial: int
    indexes: tuple[int, ...]
    head: bytes


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A message that never became whole."""

    phone_bcd: bytes
    detail: str
    body: bytes


class Assembly:
    """Open messages of one connection, by (phone, message id, serial of the first package)."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: dict[_Key, _Open] = {}

    @property
    def waiting(self) -> bool:
        """Whether any message is open."""
        return bool(self._open)

    def add(self, header: Header, body: bytes, now_us: int) -> Assembled | None:
        """A package in; the whole message out with its last one. A repeated package is dropped.

        Raises ProtocolError("sub_package") for impossible numbers or a message that is too large.
        """
        total, index = header.package_total, header.package_index
        if not 1 <= index <= total <= MAX_PACKAGES:
            raise ProtocolError("sub_package", f"package {index} of {total}")
        key = (header.phone_bcd, header.message_id, (header.serial - index + 1) & 0xFFFF)
        message = self._open.get(key)
        if message is None or message.total != total:
            message = self._open[key] = _Open(total, now_us)
        if index not in message.parts:
            message.parts[index] = body
            message.serials[index] = header.serial
            message.size += len(body)
        message.last_us, message.ended = now_us, message.ended or index == total
        if message.size > MAX_MESSAGE_BYTES:
            del self._open[key]
            raise ProtocolError("sub_package", f"message longer than {MAX_MESSAGE_BYTES} bytes")
        if len(message.parts) < total:
            return None
        del self._open[key]
        return _assemble(header, message)

    def give_up(self, now_us: int) -> list[GivenUp]:
        """Messages that took too long, or are too many."""
        late = [
            key
            for key, message in self._open.items()
            if now_us - message.started_us > ASSEMBLY_TIMEOUT_US
        ]
        excess = len(self._open) - len(late) - MAX_OPEN_MESSAGES
        if excess > 0:
            late += [key for key in self._open if key not in late][:excess]
        return [self._abandon(key) for key in late]

    def missing(self, now_us: int) -> list[Missing]:
        """What to ask for again: of messages whose end came, or that are silent for a while."""
        found = []
        for key, message in self._open.items():
            silent = now_us - message.last_us > ASK_AGAIN_AFTER_US
            if message.asked < MAX_ASKED_TIMES and (message.ended or silent):
                message.asked, message.ended, message.last_us = message.asked + 1, False, now_us
                lost = tuple(i for i in range(1, message.total + 1) if i not in message.parts)
                found.append(Missing(*key, lost, message.parts.get(1, b"")))
        return found

    def _abandon(self, key: _Key) -> GivenUp:
        message = self._open.pop(key)
        body = b"".join(message.parts[index] for index in sorted(message.parts))
        detail = f"message 0x{key[1]:04X}: {len(message.parts)} of {message.total} packages"
        return GivenUp(key[0], detail, body)


def _assemble(header: Header, message: _Open) -> Assembled:
    """One long frame without package item: its declared length cannot hold, its flag does."""
    order = range(1, message.total + 1)
    body = b"".join(message.parts[index] for index in order)
    head = pack_header(
        header.message_id,
        len(body) & 0x3FF,
        header.phone_bcd,
        header.serial,
        protocol_version=header.protocol_version,
    )
    frame = head + body
    serials = tuple(message.serials[index] for index in order)
    return Assembled(frame + bytes((checksum(frame),)), body, serials)
