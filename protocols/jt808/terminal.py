"""What a session knows of one terminal, and the frames it sends to it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from protocols.contract import KnownDevice
from protocols.jt808.framing import DELIMITER, checksum, escape
from protocols.jt808.header import Header, pack_frames, pack_header
from protocols.jt808.messages import encode_body

MAX_AWAITED_ANSWERS = 64  # commands in flight a terminal; the oldest is forgotten
MAX_REMEMBERED = 32  # messages of a terminal that were kept lately; the oldest is forgotten
REPEATED_WITHIN_US = 120_000_000  # a retransmission comes sooner, another round of serials later
PLATFORM_ACK = 0x8001
OK, FAILED, MESSAGE_ERROR, UNSUPPORTED = 0, 1, 2, 3
_ACK = struct.Struct(">HHHBB")


@dataclass(frozen=True, slots=True)
class Awaited:
    """A command without its answer yet; `answer_id`: the message that is the whole answer."""

    command_id: int
    message_id: int
    answer_id: int


@dataclass(slots=True)
class Terminal:
    """State of one phone. Replies use the header edition and phone bytes it uses itself.

    Tables are None until something stands in them: there are as many terminals as connections.

    `edition_2011`: a registration has told that a short header means 2011.
    """

    identity: str
    phone_bcd: bytes
    protocol_version: int | None
    device: KnownDevice | None = None
    authenticated: bool = False
    details: dict[str, Any] | None = None
    next_serial: int = 0
    edition_2011: bool = False
    _awaited: dict[int, Awaited] | None = None  # by our serial
    _kept: dict[tuple[int, int, int], int] | None = None  # key -> received
    _ack_head: bytes = b""
    _ack_check: int = 0

    @staticmethod
    def of(header: Header) -> Terminal:
        """A terminal that has just been heard for the first time."""
        return Terminal(header.identity, header.phone_bcd, header.protocol_version)

    @property
    def version(self) -> str:
        if self.protocol_version is not None:
            return "2019"
        return "2011" if self.edition_2011 else "2013"

    def follow(self, header: Header) -> None:
        """The terminal changed its header edition: so do we."""
        self.phone_bcd, self.protocol_version = header.phone_bcd, header.protocol_version
        self._ack_head = b""

    def take_serials(self, count: int) -> int:
        """The first of `count` consecutive serials; they wrap after 65535."""
        first = self.next_serial
        self.next_serial = (first + count) & 0xFFFF
        return first

    def ack(self, serial: int, message_id: int, result: int) -> bytes:
        """0x8001, the most frequent frame: packed by hand, its checksum from its parts."""
        if not self._ack_head:
            head = pack_header(
                PLATFORM_ACK, 5, self.phone_bcd, 0, protocol_version=self.protocol_version
            )
            self._ack_head, self._ack_check = head[:-2], checksum(head[:-2])
        own = self.next_serial
        self.next_serial = (own + 1) & 0xFFFF
        folded = own ^ serial ^ message_id
        check = (self._ack_check ^ folded >> 8 ^ folded ^ result) & 0xFF
        frame = self._ack_head + _ACK.pack(own, serial, message_id, result, check)
        return DELIMITER + escape(frame) + DELIMITER

    def send(self, message_id: int, values: dict[str, Any]) -> bytes:
        """Any other message."""
        return b"".join(self.frames(message_id, encode_body(message_id, values, self.version)))

    def frames(self, message_id: int, body: bytes) -> list[bytes]:
        """Frames of a body, with the next serials."""
        frames = pack_frames(
            message_id,
            body,
            self.phone_bcd,
            self.next_serial,
            protocol_version=self.protocol_version,
        )
        self.take_serials(len(frames))
        return frames

    def introduced(self, values: dict[str, Any], edition: str) -> None:
        """It has said more of itself."""
        self.details = {**(self.details or {}), **values, "edition": edition}

    def await_answer(self, serial: int, awaited: Awaited) -> None:
        """Remember which command a serial carried."""
        self._awaited = self._awaited or {}
        self._awaited[serial] = awaited
        while len(self._awaited) > MAX_AWAITED_ANSWERS:
            del self._awaited[next(iter(self._awaited))]

    def awaited(self, serial: int) -> Awaited | None:
        """The command that this serial carried, while its answer is awaited."""
        return self._awaited.get(serial) if self._awaited else None

    def has_answered(self, serial: int) -> Awaited | None:
        """As `awaited`, which it then is no more."""
        if not self._awaited:
            return None
        found = self._awaited.pop(serial, None)
        self._awaited = self._awaited or None
        return found

    def waiting_for(self, answer_id: int) -> int:
        """The serial of the oldest command that this message answers, -1 for none."""
        waiting = (self._awaited or {}).items()
        return next((serial for serial, one in waiting if one.answer_id == answer_id), -1)

    def kept(self, key: tuple[int, int, int], received_us: int) -> None:
        """A message was stored: the same again need only be acknowledged."""
        self._kept = self._kept or {}
        self._kept[key] = received_us
        while len(self._kept) > MAX_REMEMBERED:
            del self._kept[next(iter(self._kept))]

    def has_kept(self, key: tuple[int, int, int], now_us: int) -> bool:
        """Whether this is a retransmission of what was stored lately."""
        received_us = self._kept.get(key) if self._kept else None
        return received_us is not None and now_us - received_us < REPEATED_WITHIN_US
