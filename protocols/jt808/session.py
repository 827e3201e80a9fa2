"""One JT/T 808 connection: bytes in, events out, bytes back. Standard 5 and 6.

Many phones may share it (a forwarder), so all state is by phone. Reports of authenticated
terminals go out undecoded; everything else is answered at once.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from protocols.contract import (
    Bad,
    Directory,
    Event,
    Online,
    ProtocolError,
    Report,
    Send,
    Unregistered,
    Upload,
)
from protocols.jt808.assembly import Assembly
from protocols.jt808.bodies import LOCATION_ANSWER, REPORT_IDS
from protocols.jt808.commands import TERMINAL_ACK, answer_to, message_of
from protocols.jt808.exchange import Exchange, Token
from protocols.jt808.fields import Reader
from protocols.jt808.framing import MAX_BODY_BYTES, MAX_ESCAPED_BYTES, Framer, unwrap
from protocols.jt808.handlers import (
    HANDLERS,
    answered,
    tell,
    tell_alarms,
)
from protocols.jt808.header import Header, parse_header, with_other_flag
from protocols.jt808.location import BASIC_BYTES
from protocols.jt808.long_message import LongMessage, LongMessages
from protocols.jt808.messages import FIRST_PLATFORM_ID, MESSAGES, encode_body, read_body
from protocols.jt808.resend import Resending
from protocols.jt808.safety import SHORTEST_FRAME_BYTES
from protocols.jt808.terminal import MESSAGE_ERROR, OK, UNSUPPORTED, Awaited, Terminal
from protocols.jt808.terminals import Terminals
from protocols.jt808.uploads import MEDIA_DATA, acknowledge_upload, ask_again

PLAIN_REPORTS = tuple(i for i in REPORT_IDS if i != LOCATION_ANSWER)  # they answer no command
# In the high byte of the properties: the version flag; encryption and sub-package.
_FLAG_HIGH, _UNUSUAL_HIGH = 0x40, 0x3C


class Jt808Session(Terminals):
    """State of one connection. What most never need is made when it is needed."""

    __slots__ = ("_assembly", "_framer", "directory", "long", "now_us", "resending")

    def __init__(self, directory: Directory) -> None:
        super().__init__()
        self.directory = directory
        self.resending: Resending | None = None
        self.long: LongMessages | None = None
        self._framer = Framer()
        self._assembly: Assembly | None = None
        self.now_us = 0

    def receive_data(self, data: bytes, now_us: int) -> list[Event]:
        """Bytes in, in any cut; complete events out."""
        events: list[Event] = []
        self.now_us = now_us
        for piece, refused in self._framer.feed(data):
            if refused:
                events.append(Bad(piece, refused, "bytes before the first 7E"))
                continue
            try:
                frame = unwrap(piece)
                report = self._known_report(frame)
                if report is not None:
                    events.append(report)
                    if len(frame) >= SHORTEST_FRAME_BYTES:
                        tell_alarms(self, report, events)
                    continue
                frame, header = self._header(frame)
            except ProtocolError as error:
                events.append(Bad(piece[: MAX_ESCAPED_BYTES + 1], error.reason, error.detail))
                continue
            self.take(frame, header, now_us, events)
        if self._assembly is not None:
            self._chase_packages(self._assembly, now_us, events)
        if self.resending is not None:
            events.extend(map(Send, self.resending.due(now_us)))
            self.resending = self.resending if self.resending.waiting else None
        return events

    def acknowledge(self, report: Report | Upload, error: ProtocolError | None) -> bytes:
        """0x8001 for each package of the report: 0 stored, 2 quarantined; 0x8800 for a photo."""
        if isinstance(report, Upload):
            return acknowledge_upload(report, error)
        token: Token = report.token
        result = MESSAGE_ERROR if error else OK
        ack = token.terminal.ack
        if len(token.serials) == 1:
            return ack(token.serials[0], token.message_id, result)
        return b"".join([ack(serial, token.message_id, result) for serial in token.serials])

    def command(self, identity: str, command_id: int, kind: str, body: dict[str, Any]) -> bytes:
        """The frames of a command; its answer comes as `Answered`.

        Raises ProtocolError("unsupported_command", "too_long", "not_connected", ...).
        """
        terminal = self.with_identity(identity)
        if terminal is None or not terminal.authenticated:
            raise ProtocolError("not_connected", f"{identity} is not logged in here")
        message_id, values = message_of(kind, body, terminal.version)
        answer_id = answer_to(message_id, terminal.version)
        whole = encode_body(message_id, values, terminal.version)
        data = self._packed(terminal, message_id, whole, body.get("file", b""))
        # A terminal answers a message of several packages with the serial of the last one.
        serial = (terminal.next_serial - 1) & 0xFFFF
        terminal.await_answer(serial, Awaited(command_id, message_id, answer_id))
        if answer_id == TERMINAL_ACK:
            self.resending = self.resending or Resending()
            self.resending.sent((identity, serial), data, self.now_us)
        return data

    def send_no_more(self, terminal: Terminal, serial: int) -> None:
        """The command of this serial has an answer, whatever it says."""
        if self.resending is not None:
            self.resending.answered((terminal.identity, serial))

    @property
    def waiting(self) -> bool:
        """As `PacedSession`."""
        return self.long is not None and self.long.waiting

    def more(self, room: int) -> bytes:
        """As `PacedSession`."""
        return b"" if self.long is None else self.long.more(room)

    def _packed(self, terminal: Terminal, message_id: int, head: bytes, file: bytes) -> bytes:
        """What of a message leaves at once."""
        if len(head) + len(file) <= MAX_BODY_BYTES:
            return b"".join(terminal.frames(message_id, head + file))
        phone, version, first = terminal.phone_bcd, terminal.protocol_version, terminal.next_serial
        message = LongMessage(message_id, phone, version, first, head, file)
        self.long = self.long or LongMessages()
        data = self.long.send(terminal.identity, message)
        terminal.take_serials(message.total)
        return data

    def _chase_packages(self, assembly: Assembly, now_us: int, events: list[Event]) -> None:
        """Give up what is too old; ask for what was lost."""
        for lost in assembly.give_up(now_us):
            identity = lost.phone_bcd.hex().lstrip("0")
            events.append(Bad(lost.body, "incomplete", lost.detail, identity))
        for missing in assembly.missing(now_us):
            terminal = self.with_phone(missing.phone_bcd)
            if terminal is not None and terminal.authenticated:
                events.append(Send(ask_again(terminal, missing)))
        self._assembly = assembly if assembly.waiting else None

    def _known_report(self, frame: bytes) -> Report | None:
        """A plain report of a terminal that is logged in, without the detours of `take`.

        Nearly every frame is one; a whole header would cost as much as everything else.
        """
        high = frame[2]
        message_id = frame[0] << 8 | frame[1]
        serial_at, phone_at = (15, 5) if high & _FLAG_HIGH else (10, 4)
        length = (high & 3) << 8 | frame[3]
        if (
            high & _UNUSUAL_HIGH
            or message_id not in PLAIN_REPORTS
            or length != len(frame) - serial_at - 3
        ):
            return None
        terminal, phone = self._alone, frame[phone_at:serial_at]
        if terminal is None or terminal.phone_bcd != phone:
            terminal = self.with_phone(phone)
        if terminal is None or not terminal.authenticated or terminal.device is None:
            return None
        if terminal.protocol_version != (frame[4] if high & _FLAG_HIGH else None):
            return None
        serial = frame[serial_at] << 8 | frame[serial_at + 1]
        token = Token(terminal, message_id, (serial,))
        return Report(terminal.device, terminal.identity, frame, token)

    def _header(self, frame: bytes) -> tuple[bytes, Header]:
        """Frame and header; one whose length fits neither layout is read as its phone is known."""
        header = parse_header(frame)
        if not header.length_holds and self.with_phone(header.phone_bcd) is None:
            with suppress(ProtocolError):
                flagged_right = with_other_flag(frame)
                other = parse_header(flagged_right)
                if self.with_phone(other.phone_bcd) is not None:
                    return flagged_right, other
        return frame, header

    def take(self, frame: bytes, header: Header, now_us: int, events: list[Event]) -> None:
        terminal = self.sender_of(header)
        body = frame[header.body_at : -1]
        serials: tuple[int, ...] = (header.serial,)
        if header.package_total > 1:
            try:
                self._assembly = self._assembly or Assembly()
                whole = self._assembly.add(header, body, now_us)
            except ProtocolError as error:
                events.append(Bad(frame, error.reason, error.detail, terminal.identity))
                return
            if header.message_id == MEDIA_DATA and terminal.authenticated:
                # Many terminals send the next package only after this; 0x8800 says it is stored.
                events.append(Send(terminal.ack(header.serial, MEDIA_DATA, OK)))
            if whole is None:
                return
            frame, body, serials = whole.frame, whole.body, whole.serials
        message = Exchange(terminal, header, frame, body, serials, now_us)
        self._dispatch(message, events)

    def _dispatch(self, message: Exchange, events: list[Event]) -> None:
        message_id = message.header.message_id
        if message.header.encryption:
            detail = f"message 0x{message_id:04X}, encryption {message.header.encryption}"
            events.append(Bad(message.frame, "encrypted", detail, message.terminal.identity))
            self.reply(message, UNSUPPORTED, events)
        elif message_id in REPORT_IDS:
            self._report(message, events)
        elif message_id in MESSAGES and message_id < FIRST_PLATFORM_ID:
            self._handle(message, events)
        else:
            detail = f"message 0x{message_id:04X} is not supported"
            events.append(Bad(message.frame, "unsupported", detail, message.terminal.identity))
            self.reply(message, UNSUPPORTED, events)

    def _handle(self, message: Exchange, events: list[Event]) -> None:
        terminal, header = message.terminal, message.header
        told = MESSAGES[header.message_id].also and header.version == "2013"
        reader = Reader(message.body, terminal.version if told else header.version)
        try:
            values = read_body(header.message_id, reader)
        except ProtocolError as error:
            events.append(Bad(message.frame, error.reason, error.detail, terminal.identity))
            self.reply(message, MESSAGE_ERROR, events)
            return
        message.edition = reader.version
        HANDLERS.get(header.message_id, tell)(self, message, values, events)

    def reply(self, message: Exchange, result: int, events: list[Event]) -> None:
        """0x8001 for each package of a message, at once."""
        message_id = message.header.message_id
        ack = message.terminal.ack
        events.extend(Send(ack(serial, message_id, result)) for serial in message.serials)

    def _report(self, message: Exchange, events: list[Event]) -> None:
        terminal = message.terminal
        if not self.may_speak(terminal, events):
            return
        if message.header.message_id == LOCATION_ANSWER and len(message.body) >= BASIC_BYTES:
            serial = int.from_bytes(message.body[:2], "big")
            if terminal.version == "2011":  # whose answer does not say
                serial = terminal.waiting_for(LOCATION_ANSWER)
            answered(self, terminal, serial, events)
        if terminal.device is not None:
            report = Report(terminal.device, terminal.identity, message.frame, message.token)
            events.append(report)
            tell_alarms(self, report, events)

    def may_speak(self, terminal: Terminal, events: list[Event]) -> bool:
        """Whether a terminal is logged in, which an open server does itself; else it is noted."""
        if terminal.authenticated:
            return True
        if self.directory.open and self.let_in(terminal, "", events):
            return True
        events.append(Unregistered(terminal.identity, {"reason": "not_authenticated"}))
        return False

    def let_in(self, terminal: Terminal, code: str, events: list[Event]) -> bool:
        """Log a terminal in if the directory knows it and takes this code."""
        device = self.directory.find(terminal.identity)
        if device is None or not self.directory.check_code(terminal.identity, code):
            return False
        terminal.device, terminal.authenticated = device, True
        details, terminal.details = terminal.details, None  # told once, and not kept
        events.append(Online(device, terminal.identity, details or {}))
        return True
