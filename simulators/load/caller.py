"""One terminal of a load run: logs in, writes what it is given, accounts for every answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from protocols.contract import ProtocolError
from protocols.jt808.framing import Framer, unescape, unwrap
from protocols.jt808.header import pack_frames, pack_phone, parse_header
from protocols.jt808.messages import decode_body, encode_body
from simulators.load.order import phone

if TYPE_CHECKING:
    from simulators.load.crowd import Crowd

_ACK_BYTES = 18  # header 12, body 5, checksum
_REGISTRATION = {
    "province": 32, "city": 100, "maker_id": "XUNJI", "model": "LOAD", "terminal_id": "LOAD",
    "plate_color": 2, "plate": "",
}  # fmt: skip


class Caller(asyncio.Protocol):
    """`open_serials`: what waits for an answer, and since when (microseconds, when it was due)."""

    __slots__ = (
        "_crowd", "_done", "_framer", "_settled", "_tail", "logged_in", "next_serial", "number",
        "open_serials", "place", "step", "time_s", "transport",
    )  # fmt: skip

    def __init__(self, crowd: Crowd, place: int, number: int, time_s: int) -> None:
        self._crowd = crowd
        self.place, self.number = place, number
        self.next_serial = self.step = 0
        self.time_s = time_s
        self.open_serials: dict[int, int] = {}
        self.logged_in = False
        self.transport: asyncio.Transport | None = None
        self._framer: Framer | None = Framer()
        self._tail = b""
        self._settled: set[int] = set()
        self._done = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection: register."""
        self.transport = cast(asyncio.Transport, transport)
        self._framer = Framer()
        self.knock()

    def knock(self) -> None:
        """Register; again, when the server did not know it yet."""
        if self.transport is not None:
            self._say(0x0100, encode_body(0x0100, _REGISTRATION, "2013"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The server, or we, hung up."""
        self.transport = None
        if not self._done:
            self._crowd.lost(self)

    def data_received(self, data: bytes) -> None:
        """Answers."""
        if self._framer is not None:
            self._log_in(data)
            return
        pieces = (self._tail + data).split(b"\x7e")
        self._tail = pieces.pop()
        for piece in pieces:
            if piece:
                self._settle(piece)
        if not self.open_serials:
            self._crowd.answered(self)

    def sent(self, count: int, due_us: int) -> None:
        """`count` frames leave now that were due at `due_us`."""
        for _ in range(count):
            self.open_serials[self.next_serial] = due_us
            self._settled.discard(self.next_serial)
            self.next_serial = (self.next_serial + 1) & 0xFFFF

    def close(self) -> None:
        """Hang up."""
        self._done = True
        if self.transport is not None:
            self.transport.close()

    def _settle(self, piece: bytes) -> None:
        plain = unescape(piece)
        if len(plain) != _ACK_BYTES or plain[:2] != b"\x80\x01":
            return
        serial = plain[12] << 8 | plain[13]
        due_us = self.open_serials.pop(serial, None)
        if due_us is not None:
            self._settled.add(serial)
            self._crowd.acknowledged(self, due_us, plain[16])
        elif serial in self._settled:
            self._crowd.doubled(self, serial)
        else:
            self._crowd.wrong_serial(self, serial)

    def _log_in(self, data: bytes) -> None:
        assert self._framer is not None
        for piece, bad in self._framer.feed(data):
            if bad is None:
                try:
                    self._hear(unwrap(piece))
                except ProtocolError as error:
                    self._crowd.refused_log_in(self, str(error))

    def _hear(self, frame: bytes) -> None:
        header = parse_header(frame)
        body = decode_body(header.message_id, frame[header.body_at : -1], header.version)
        if header.message_id == 0x8100 and body["result"] == 0:
            self._say(0x0102, encode_body(0x0102, {"token": body["token"]}, "2013"))
        elif header.message_id == 0x8001 and body["ack_id"] == "0x0102" and body["result"] == 0:
            self.logged_in, self._framer = True, None
            self._crowd.ready(self)
        elif header.message_id == 0x8100:
            self._crowd.not_known_yet(self, f"0x8100 {body}")
        else:
            self._crowd.refused_log_in(self, f"0x{header.message_id:04X} {body}")

    def _say(self, message_id: int, body: bytes) -> None:
        assert self.transport is not None
        bcd = pack_phone(phone(self.number), "2013")
        frames = pack_frames(message_id, body, bcd, self.next_serial)
        self.next_serial = (self.next_serial + len(frames)) & 0xFFFF
        self.transport.write(b"".join(frames))
