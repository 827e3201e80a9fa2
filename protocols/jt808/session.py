"""One JT/T 808 connection: bytes in, events out, bytes back. Standard 5 and 6.

Many phones may share it (a forwarder), so all state is by phone. Reports of authenticated
terminals go out undecoded; everything else is answered at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from protocols.contract import (
    Answered,
    Bad,
    Directory,
    Event,
    Offline,
    Online,
    ProtocolError,
    Report,
    Send,
    Unregistered,
    Upload,
)
from protocols.jt808.assembly import Assembly
from protocols.jt808.bodies import REPORT_IDS
from protocols.jt808.commands import COMMANDS
from protocols.jt808.exchange import Exchange, Token
from protocols.jt808.fields import Values
from protocols.jt808.framing import MAX_ESCAPED_BYTES, Framer, unwrap
from protocols.jt808.header import Header, parse_header
from protocols.jt808.messages import decode_body
from protocols.jt808.terminal import FAILED, MESSAGE_ERROR, OK, UNSUPPORTED, Terminal
from protocols.jt808.times import bcd_of_utc, show_time
from protocols.jt808.uploads import MEDIA_DATA, acknowledge_upload, ask_again, upload_of

MAX_TERMINALS = 10_000  # phones on one connection; the one heard of first is forgotten
REGISTERED, NO_SUCH_TERMINAL = 0, 4
# In the high byte of the properties: the version flag; encryption and sub-package.
_FLAG_HIGH, _UNUSUAL_HIGH = 0x40, 0x3C
ANSWERS = {0: "done", 1: "failed", 2: "message_error", 3: "unsupported"}
SHOOT_ANSWERS = {0: "done", 1: "failed", 2: "unsupported"}
TERMINAL_ACK, REGISTER_ACK, SERVER_TIME, SHOOT_ANSWER = 0x0001, 0x8100, 0x8004, 0x0805


class Jt808Session:
    """State of one connection."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._framer = Framer()
        self._assembly = Assembly()
        self._by_phone: dict[bytes, Terminal] = {}
        self._by_identity: dict[str, Terminal] = {}

    def receive_data(self, data: bytes, now_us: int) -> list[Event]:
        """Bytes in, in any cut; complete events out."""
        events: list[Event] = []
        for piece, refused in self._framer.feed(data):
            if refused:
                events.append(Bad(piece, refused, "bytes before the first 7E"))
                continue
            try:
                frame = unwrap(piece)
                report = self._known_report(frame)
                if report is not None:
                    events.append(report)
                    continue
                header = parse_header(frame)
            except ProtocolError as error:
                events.append(Bad(piece[: MAX_ESCAPED_BYTES + 1], error.reason, error.detail))
                continue
            self._take(frame, header, now_us, events)
        if self._assembly.waiting:
            self._chase_packages(now_us, events)
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

        Raises ProtocolError("unsupported_command", "too_long", "not_connected").
        """
        if kind not in COMMANDS:
            raise ProtocolError("unsupported_command", f"{kind!r} is not one of {list(COMMANDS)}")
        terminal = self._by_identity.get(identity)
        if terminal is None or not terminal.authenticated:
            raise ProtocolError("not_connected", f"{identity} is not logged in here")
        message_id, build = COMMANDS[kind]
        data = terminal.send(message_id, build(body, terminal.version))
        # A terminal answers a message of several packages with the serial of the last one.
        terminal.await_answer((terminal.next_serial - 1) & 0xFFFF, command_id)
        return data

    def _chase_packages(self, now_us: int, events: list[Event]) -> None:
        """Give up what is too old; ask for what was lost."""
        for lost in self._assembly.give_up(now_us):
            identity = lost.phone_bcd.hex().lstrip("0")
            events.append(Bad(lost.body, "incomplete", lost.detail, identity))
        for missing in self._assembly.missing(now_us):
            terminal = self._by_phone.get(missing.phone_bcd)
            if terminal is not None and terminal.authenticated:
                events.append(Send(ask_again(terminal, missing)))

    def _known_report(self, frame: bytes) -> Report | None:
        """A plain report of a terminal that is logged in, without the detours of `_take`.

        Nearly every frame is one; a whole header would cost as much as everything else.
        """
        high = frame[2]
        message_id = frame[0] << 8 | frame[1]
        serial_at, phone_at = (15, 5) if high & _FLAG_HIGH else (10, 4)
        length = (high & 3) << 8 | frame[3]
        if (
            high & _UNUSUAL_HIGH
            or message_id not in REPORT_IDS
            or length != len(frame) - serial_at - 3
        ):
            return None
        terminal = self._by_phone.get(frame[phone_at:serial_at])
        if terminal is None or not terminal.authenticated or terminal.device is None:
            return None
        if terminal.protocol_version != (frame[4] if high & _FLAG_HIGH else None):
            return None
        serial = frame[serial_at] << 8 | frame[serial_at + 1]
        token = Token(terminal, message_id, (serial,))
        return Report(terminal.device, terminal.identity, frame, token)

    def _take(self, frame: bytes, header: Header, now_us: int, events: list[Event]) -> None:
        terminal = self._terminal(header)
        body = frame[header.body_at : -1]
        serials: tuple[int, ...] = (header.serial,)
        if header.package_total > 1:
            try:
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

    def _terminal(self, header: Header) -> Terminal:
        terminal = self._by_phone.get(header.phone_bcd)
        if terminal is None:
            terminal = self._by_identity.get(header.identity)
            if terminal is None:
                terminal = self._by_identity[header.identity] = Terminal.of(header)
            self._by_phone[header.phone_bcd] = terminal
            self._forget_oldest()
        if terminal.protocol_version != header.protocol_version:
            terminal.follow(header)
        return terminal

    def _forget_oldest(self) -> None:
        while len(self._by_phone) > MAX_TERMINALS:
            oldest = self._by_phone.pop(next(iter(self._by_phone)))
            self._by_identity.pop(oldest.identity, None)

    def _dispatch(self, message: Exchange, events: list[Event]) -> None:
        message_id = message.header.message_id
        if message.header.encryption:
            detail = f"message 0x{message_id:04X}, encryption {message.header.encryption}"
            events.append(Bad(message.frame, "encrypted", detail, message.terminal.identity))
            self._reply(message, UNSUPPORTED, events)
        elif message_id in REPORT_IDS:
            self._report(message, events)
        elif message_id in _HANDLERS:
            self._answer(message, events)
        else:
            self._reply(message, UNSUPPORTED, events)

    def _answer(self, message: Exchange, events: list[Event]) -> None:
        terminal, header = message.terminal, message.header
        try:
            values = decode_body(header.message_id, message.body, header.version)
        except ProtocolError as error:
            events.append(Bad(message.frame, error.reason, error.detail, terminal.identity))
            self._reply(message, MESSAGE_ERROR, events)
            return
        _HANDLERS[header.message_id](self, message, values, events)

    def _reply(self, message: Exchange, result: int, events: list[Event]) -> None:
        message_id = message.header.message_id
        ack = message.terminal.ack
        events.extend(Send(ack(serial, message_id, result)) for serial in message.serials)

    def _report(self, message: Exchange, events: list[Event]) -> None:
        terminal = message.terminal
        if not terminal.authenticated and not self._open_to(terminal, events):
            events.append(Unregistered(terminal.identity, {"reason": "not_authenticated"}))
            return
        token = Token(terminal, message.header.message_id, message.serials)
        if terminal.device is not None:
            report = Report(terminal.device, terminal.identity, message.frame, token)
            events.append(report)

    def _open_to(self, terminal: Terminal, events: list[Event]) -> bool:
        """An open server takes reports without a log-in."""
        return self._directory.open and self._let_in(terminal, "", events)

    def _let_in(self, terminal: Terminal, code: str, events: list[Event]) -> bool:
        """Log a terminal in if the directory knows it and takes this code."""
        device = self._directory.find(terminal.identity)
        if device is None or not self._directory.check_code(terminal.identity, code):
            return False
        terminal.device, terminal.authenticated = device, True
        events.append(Online(device, terminal.identity, dict(terminal.details)))
        return True

    def _register(self, message: Exchange, values: Values, events: list[Event]) -> None:
        terminal = message.terminal
        terminal.details.update(values)
        answer: Values = {"ack_serial": message.header.serial, "result": REGISTERED}
        if self._directory.find(terminal.identity) is None:
            events.append(Unregistered(terminal.identity, dict(values)))
            answer["result"] = NO_SUCH_TERMINAL
        else:
            answer["token"] = self._directory.issue_code(terminal.identity)
        events.append(Send(terminal.send(REGISTER_ACK, answer)))

    def _authenticate(self, message: Exchange, values: Values, events: list[Event]) -> None:
        terminal = message.terminal
        code = values.pop("token")
        terminal.details.update(values)
        if self._let_in(terminal, code, events):
            self._reply(message, OK, events)
            return
        terminal.authenticated = False
        if self._directory.find(terminal.identity) is None:
            events.append(Unregistered(terminal.identity, dict(terminal.details)))
        self._reply(message, FAILED, events)

    def _received(self, message: Exchange, _values: Values, events: list[Event]) -> None:
        self._reply(message, OK, events)

    def _logout(self, message: Exchange, _values: Values, events: list[Event]) -> None:
        self._reply(message, OK, events)
        if message.terminal.authenticated:
            message.terminal.authenticated = False
            events.append(Offline(message.terminal.identity))

    def _time(self, message: Exchange, _values: Values, events: list[Event]) -> None:
        time = show_time(bcd_of_utc(message.now_us))
        events.append(Send(message.terminal.send(SERVER_TIME, {"time": time})))

    def _answered(self, message: Exchange, values: Values, events: list[Event]) -> None:
        command_id = message.terminal.awaited.pop(values["ack_serial"], None)
        if command_id is not None:
            result = ANSWERS.get(values["result"], "failed")
            events.append(Answered(message.terminal.identity, command_id, result))

    def _shot(self, message: Exchange, values: Values, events: list[Event]) -> None:
        self._reply(message, OK, events)
        command_id = message.terminal.awaited.pop(values["ack_serial"], None)
        if command_id is not None:
            result = SHOOT_ANSWERS.get(values["result"], "failed")
            details = {"media_ids": values.get("media_ids", [])}
            events.append(Answered(message.terminal.identity, command_id, result, details))

    def _upload(self, message: Exchange, values: Values, events: list[Event]) -> None:
        terminal = message.terminal
        if not terminal.authenticated and not self._open_to(terminal, events):
            events.append(Unregistered(terminal.identity, {"reason": "not_authenticated"}))
        elif terminal.device is not None:
            events.append(upload_of(terminal, values, message.serials[-1]))


_HANDLERS: dict[int, Callable[[Jt808Session, Exchange, Values, list[Event]], None]] = {
    TERMINAL_ACK: Jt808Session._answered,
    0x0002: Jt808Session._received,
    0x0003: Jt808Session._logout,
    0x0004: Jt808Session._time,
    0x0100: Jt808Session._register,
    0x0102: Jt808Session._authenticate,
    0x0800: Jt808Session._received,
    MEDIA_DATA: Jt808Session._upload,
    SHOOT_ANSWER: Jt808Session._shot,
}
