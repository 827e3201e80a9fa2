"""A terminal that keeps book of everything the platform says to it."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from protocols.contract import ProtocolError
from protocols.jt808.framing import Framer, unwrap
from protocols.jt808.header import Header, parse_header
from protocols.jt808.messages import message_name
from simulators.foreign.book import Book
from simulators.terminal.logic import TerminalLogic

MAX_REMEMBERED = 60_000  # serials already acknowledged
REGISTER_ACK, PLATFORM_ACK = 0x8100, 0x8001
REPORTS = ("0x0200", "0x0704")
_ACK = struct.Struct(">HHB")


class Witness(TerminalLogic):
    """Sends nothing again, so that each answer must come exactly once."""

    def __init__(self, identity: str, book: Book, reply_limit_s: float, **named: Any) -> None:
        super().__init__(identity, **named)
        self._book, self._limit_s = book, reply_limit_s
        self._checker = Framer()
        self._sent_s: dict[int, float] = {}
        self._settled: dict[int, None] = {}
        self._other_serials: dict[int, int] = {}
        self._platform_serial: int | None = None

    def connected(self, now_s: float) -> list[bytes]:
        """What was not answered on the last connection never will be."""
        self.count_missing()
        self._checker, self._platform_serial = Framer(), None
        return super().connected(now_s)

    def receive(self, data: bytes, now_s: float) -> list[bytes]:
        """Bytes of the platform."""
        for piece, reason in self._checker.feed(data):
            try:
                if reason:
                    raise ProtocolError(reason)
                header = parse_header(unwrap(piece))
                if not header.length_holds:
                    raise ProtocolError("length", "the declared length does not hold")
            except ProtocolError as error:
                self._book.wrong("well_formed", f"{self.identity}: {error}: {piece.hex()}")
                continue
            self._book.right("well_formed")
            self._check_header(header)
        return super().receive(data, now_s)

    def count_missing(self) -> None:
        """Reports that got no answer."""
        if self._sent_s:
            serials = ", ".join(map(str, list(self._sent_s)[:5]))
            words = f"{self.identity}: {len(self._sent_s)} reports, serials {serials} ..."
            self._book.lacking("acknowledged", words, len(self._sent_s))
        self._sent_s.clear()
        self.forget()

    def resend_overdue(self) -> None:
        """A judge waits."""

    def frames(self, message_id: int, body: bytes | dict[str, Any]) -> list[bytes]:
        """Remember what was sent under which serial."""
        first = self.next_serial
        frames = super().frames(message_id, body)
        self._other_serials[(first + len(frames) - 1) & 0xFFFF] = message_id
        return frames

    def compose(self, locations: Sequence[bytes], batches: Any = ()) -> list[bytes]:
        """Each report's time."""
        first = self.next_serial
        pieces = super().compose(locations, batches)
        for serial in range(first, first + ((self.next_serial - first) & 0xFFFF)):
            self._sent_s[serial & 0xFFFF] = self.now_s
            self._settled.pop(serial & 0xFFFF, None)
        return pieces

    def _check_header(self, header: Header) -> None:
        book, own = self._book, header.phone_bcd == self._phone
        edition = "2019" if self.version == "2019" else "2013"
        words = f"{self.identity}: {header.version} header, phone {header.identity}"
        book.note("own_header", own and header.version == edition, words)
        if self._platform_serial is not None:
            wanted = (self._platform_serial + 1) & 0xFFFF
            words = f"{self.identity}: serial {header.serial} after {self._platform_serial}"
            book.note("own_serials", header.serial == wanted, words)
        self._platform_serial = header.serial

    def _hear(self, frame: bytes) -> None:
        header = parse_header(frame)
        body = frame[header.body_at : -1]
        if header.message_id == PLATFORM_ACK and len(body) == _ACK.size:
            self._check_ack(*_ACK.unpack(body))
        elif header.message_id == REGISTER_ACK and len(body) >= 3:
            asked = self._other_serials.get(int.from_bytes(body[:2], "big")) == 0x0100
            words = f"{self.identity}: {body[:3].hex()}"
            self._book.note("registration", asked and body[2] == 0, words)
        elif header.message_id != PLATFORM_ACK:
            name = f"commands.{message_name(header.message_id)}"
            self._book.commands[name] = self._book.commands.get(name, 0) + 1
        super()._hear(frame)

    def _check_ack(self, serial: int, about: int, result: int) -> None:
        book, name = self._book, f"{self.identity}: serial {serial}, message 0x{about:04X}"
        if self._other_serials.get(serial) != about:
            book.wrong("right_serial", f"{name} was never sent")
            return
        book.right("right_serial")
        if about == 0x0102:
            book.note("log_in", result == 0, f"{name}, result {result}")
            return
        sent_s = self._sent_s.pop(serial, None)
        if sent_s is None:
            if serial in self._settled:
                book.wrong("acknowledged", f"{name} is acknowledged twice")
            return
        self._settled[serial] = None
        if len(self._settled) > MAX_REMEMBERED:
            del self._settled[next(iter(self._settled))]
        delay_s = self.now_s - sent_s
        book.note("acknowledged", result == 0, f"{name}, result {result}")
        if delay_s <= self._limit_s:
            book.right("reply_delay", delay_s)
        else:
            book.note("reply_delay", False, f"{name} after {delay_s:.1f} s")
