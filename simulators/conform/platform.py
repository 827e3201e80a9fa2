"""The platform's side of an examination, without a socket: it answers as the standard says.

A step sends through it, and may make it withhold answers, hang up, or ask for packages again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from protocols.contract import ProtocolError
from protocols.jt808.assembly import Assembly
from protocols.jt808.framing import Framer, unwrap
from protocols.jt808.header import Header, parse_header
from protocols.jt808.messages import decode_body, encode_body, message_name
from protocols.jt808.terminal import Terminal
from simulators.conform.record import Connected, Event, Heard, Pace, Shown, Values

REGISTER, LOG_IN, LOCATION, BATCH, MEDIA = 0x0100, 0x0102, 0x0200, 0x0704, 0x0801
NO_ANSWER = (0x0001,)
CODE = "XUNJI-CONFORM"
MAX_SHOWN = 10_000  # frames on record; the oldest go
MAX_SERIALS = 1_000  # fresh frames of a connection whose serials are remembered


class Platform:
    """One terminal's counterpart. `withhold`: which messages get no answer just now."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.now_s = 0.0
        self.online = False
        self.connection = 0
        self.edition = ""  # 2011, 2013 or 2019, once it is known
        self.withhold: Callable[[Heard], bool] = lambda _: False
        self.notes: dict[str, Any] = {}  # what one step leaves for a later one
        self.media: dict[int, bytes] = {}  # whole 0x0801 bodies by media id, not confirmed yet
        self.shown: deque[Shown] = deque(maxlen=MAX_SHOWN)
        self.total_shown = 0
        self.any_code = False  # let it log in with a code that is not ours
        self.damaged: list[str] = []
        self.repeated: list[str] = []
        self.early: list[str] = []
        self.frames_heard = 0
        self.hang_up_s: float | None = None
        self._out: list[bytes] = []
        self._terminal: Terminal | None = None
        self._framer, self._assembly = Framer(), Assembly()
        self._by_serial: dict[int, bytes] = {}

    def connected(self, now_s: float) -> Connected:
        """A new connection of the terminal."""
        self.now_s, self.online = now_s, False
        self.connection += 1
        self._framer, self._assembly, self._by_serial = Framer(), Assembly(), {}
        return Connected(now_s)

    def disconnected(self) -> None:
        """The connection is gone."""
        self.online = False
        self._out.clear()

    def receive(self, data: bytes, now_s: float) -> Iterator[Heard]:
        """Bytes in; the messages in them, each to be given to `answer` before the next."""
        self.now_s = now_s
        for piece, bad in self._framer.feed(data):
            heard = self._take(piece, bad)
            if heard is not None:
                yield heard

    def take_output(self) -> bytes:
        """What is to be sent."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def send(self, message_id: int, values: Values) -> range:
        """Send a message; the serials of its frames."""
        assert self._terminal is not None
        first = self._terminal.next_serial
        body = encode_body(message_id, values, self._terminal.version)
        for frame in self._terminal.frames(message_id, body):
            self._show("down", _title(message_id), frame)
            self._out.append(frame)
        count = (self._terminal.next_serial - first) & 0xFFFF
        return range(first, first + count)

    def hang_up(self, for_s: float) -> None:
        """Close the connection and take none for a while."""
        self.hang_up_s = for_s

    def answer(self, heard: Heard) -> None:
        """The usual answer, unless the step in charge withholds it."""
        self.frames_heard += 1
        if not self.online and heard.message_id not in (REGISTER, LOG_IN):
            self.early.append(message_name(heard.message_id))
        if self.withhold(heard):
            return
        if heard.message_id == REGISTER:
            values = {"ack_serial": heard.header.serial, "result": 0, "token": CODE}
            self.send(0x8100, values)
        elif heard.message_id == LOG_IN:
            self.online = self.any_code or heard.values.get("token") == CODE
            self._acknowledge(heard, 0 if self.online else 1)
        elif heard.message_id not in NO_ANSWER:
            self._acknowledge(heard, 0)

    def confirm(self, media_id: int) -> None:
        """0x8800: the photo is here."""
        self.media.pop(media_id, None)
        self.send(0x8800, {"media_id": media_id})

    def _acknowledge(self, heard: Heard, result: int) -> None:
        name = f"0x{heard.message_id:04X}"
        values = {"ack_serial": heard.header.serial, "ack_id": name, "result": result}
        self.send(0x8001, values)

    def _take(self, piece: bytes, bad: str | None) -> Heard | None:
        try:
            if bad:
                raise ProtocolError(bad)
            frame = unwrap(piece)
            header = parse_header(frame)
            if not header.length_holds:
                raise ProtocolError("length", f"{header.body_length} is declared")
        except ProtocolError as error:
            self.damaged.append(str(error))
            self._show("up", str(error), b"\x7e" + piece + b"\x7e")
            return None
        self._show("up", _title(header.message_id), b"\x7e" + piece + b"\x7e")
        terminal = self._meet(header)
        self._watch_serial(header.serial, frame)
        body = frame[header.body_at : -1]
        values = self._values(header, body)
        if header.message_id == REGISTER:
            self.edition = _edition(header, body)
            terminal.edition_2011 = self.edition == "2011"
        return Heard(header, frame, body, values, self.now_s, self.connection)

    def _meet(self, header: Header) -> Terminal:
        if self._terminal is None:
            self._terminal = Terminal.of(header)
        elif self._terminal.protocol_version != header.protocol_version:
            self._terminal.follow(header)
        self.edition = self.edition or self._terminal.version
        return self._terminal

    def _watch_serial(self, serial: int, frame: bytes) -> None:
        """The same frame again is a repetition; another one under the same serial is a fault."""
        before = self._by_serial.pop(serial, frame)
        if before != frame:
            self.repeated.append(str(serial))
        self._by_serial[serial] = frame
        if len(self._by_serial) > MAX_SERIALS:
            del self._by_serial[next(iter(self._by_serial))]

    def _values(self, header: Header, body: bytes) -> Values:
        if header.package_total > 1:
            whole = self._assembly.add(header, body, int(self.now_s * 1e6))
            if whole is None or header.message_id != MEDIA:
                return {}
            body = whole.body
        try:
            values = decode_body(header.message_id, body, header.version)
        except ProtocolError as error:
            self.damaged.append(f"0x{header.message_id:04X}: {error}")
            return {}
        if header.message_id == MEDIA:
            self.media[values["media_id"]] = body
        return values

    def _show(self, direction: str, title: str, frame: bytes) -> None:
        self.total_shown += 1
        self.shown.append(Shown(self.now_s, direction, title, frame.hex()))


def _title(message_id: int) -> str:
    return f"0x{message_id:04X} {message_name(message_id)}"


def _edition(header: Header, body: bytes) -> str:
    """A 0x0100 below 37 bytes is 2011."""
    if header.version == "2019":
        return "2019"
    return "2013" if len(body) >= 37 else "2011"


def is_message(*message_ids: int) -> Callable[[Event], bool]:
    """Any of these messages."""
    return lambda event: isinstance(event, Heard) and event.message_id in message_ids


def is_ack(message_id: int, serials: range) -> Callable[[Event], bool]:
    """0x0001 that names our message (of several packages: any of their serials)."""
    wrapped = {serial & 0xFFFF for serial in serials}
    return lambda event: (
        isinstance(event, Heard)
        and event.message_id == 0x0001
        and event.values.get("ack_serial") in wrapped
        and event.values.get("ack_id") == f"0x{message_id:04X}"
    )
