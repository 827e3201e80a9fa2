"""What a session does with each message that is no report: a table, one function a message.

A message without a function of its own is handed on (`tell`): kept by field, then acknowledged.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from protocols.contract import (
    Answered,
    Bad,
    Event,
    Offline,
    ProtocolError,
    Report,
    Send,
    Told,
    Unregistered,
)
from protocols.jt808.bodies import LOCATION
from protocols.jt808.commands import TERMINAL_ACK
from protocols.jt808.compressed import COMPRESSED, frame_within, unpacked
from protocols.jt808.exchange import Exchange, Token
from protocols.jt808.fields import Values
from protocols.jt808.header import VERSION_FLAG, parse_header
from protocols.jt808.location import BASIC_BYTES
from protocols.jt808.messages import MESSAGES
from protocols.jt808.safety import (
    ATTACHMENTS_WANTED,
    alarm_number,
    files_wanted,
    safety_alarms,
)
from protocols.jt808.terminal import FAILED, MESSAGE_ERROR, OK, UNSUPPORTED, Terminal
from protocols.jt808.times import bcd_of_utc, show_time
from protocols.jt808.uploads import AWAY, MEDIA_DATA, upload_of

if TYPE_CHECKING:
    from protocols.jt808.session import Jt808Session

REGISTER_ACK, SERVER_TIME, UPGRADE_RESULT = 0x8100, 0x8004, 0x0108
ANSWERS = {0: "done", 1: "failed", 2: "message_error", 3: "unsupported"}
SHOOT_ANSWERS = {0: "done", 1: "failed", 2: "unsupported"}
UPGRADES = {0: "done", 1: "failed", 2: "cancelled"}
REGISTERED = 0
ALARM = "safety_alarm"
# Results of 0x8100; the directory's words.
REFUSALS = {"vehicle_taken": 1, "no_vehicle": 2, "terminal_taken": 3, "no_terminal": 4}

Handler = Callable[["Jt808Session", Exchange, Values, list[Event]], None]


def register(session: Jt808Session, message: Exchange, values: Values, events: list[Event]) -> None:
    """0x0100: matched with the register, answered by 0x8100."""
    terminal = message.terminal
    terminal.edition_2011 = message.edition == "2011"
    terminal.introduced(values, message.edition)
    why_not = session.directory.enrol(terminal.identity, values)
    answer: Values = {"ack_serial": message.header.serial, "result": REFUSALS.get(why_not, 0)}
    if answer["result"] == REGISTERED:
        answer["token"] = session.directory.issue_code(terminal.identity)
    else:
        events.append(Unregistered(terminal.identity, {**values, "reason": why_not}))
    events.append(Send(terminal.send(REGISTER_ACK, answer)))


def authenticate(
    session: Jt808Session, message: Exchange, values: Values, events: list[Event]
) -> None:
    """0x0102: its code is checked; IMEI and software version (2019) are kept."""
    terminal = message.terminal
    code = values.pop("token")
    terminal.introduced(values, terminal.version)
    if session.let_in(terminal, code, events):
        session.reply(message, OK, events)
        return
    terminal.authenticated = False
    if session.directory.find(terminal.identity) is None:
        events.append(Unregistered(terminal.identity, dict(terminal.details or {})))
    session.reply(message, FAILED, events)


def heartbeat(session: Jt808Session, message: Exchange, _: Values, events: list[Event]) -> None:
    """0x0002: nothing durable hangs on it."""
    session.reply(message, OK, events)


def log_out(session: Jt808Session, message: Exchange, _: Values, events: list[Event]) -> None:
    """0x0003: the terminal leaves, and is no longer online."""
    session.reply(message, OK, events)
    if message.terminal.authenticated:
        message.terminal.authenticated = False
        events.append(Offline(message.terminal.identity))


def tell_time(_: Jt808Session, message: Exchange, __: Values, events: list[Event]) -> None:
    """0x0004: answered by 0x8004, in UTC."""
    time = show_time(bcd_of_utc(message.now_us))
    events.append(Send(message.terminal.send(SERVER_TIME, {"time": time})))


def acknowledged(
    session: Jt808Session, message: Exchange, values: Values, events: list[Event]
) -> None:
    """0x0001: the whole answer to most commands; one that gets its own is only refused by it."""
    terminal, serial = message.terminal, values["ack_serial"]
    session.send_no_more(terminal, serial)
    awaited = terminal.awaited(serial)
    if awaited is None or (awaited.answer_id != TERMINAL_ACK and values["result"] == OK):
        return
    terminal.has_answered(serial)
    result = ANSWERS.get(values["result"], "failed")
    events.append(Answered(terminal.identity, awaited.command_id, result))


def shot(session: Jt808Session, message: Exchange, values: Values, events: list[Event]) -> None:
    """0x0805: the numbers of the photos, which follow as 0x0801."""
    session.reply(message, OK, events)
    awaited = message.terminal.has_answered(values["ack_serial"])
    if awaited is not None:
        result = SHOOT_ANSWERS.get(values["result"], "failed")
        details = {"media_ids": values.get("media_ids", [])}
        events.append(Answered(message.terminal.identity, awaited.command_id, result, details))


def elsewhere(session: Jt808Session, message: Exchange, _: Values, events: list[Event]) -> None:
    """0x1210 to 0x1212: taken on the port for files of alarms; here result 3."""
    session.reply(message, UNSUPPORTED, events)


def upload(session: Jt808Session, message: Exchange, values: Values, events: list[Event]) -> None:
    """0x0801: acknowledged by 0x8800 when the file is stored."""
    terminal = message.terminal
    if session.may_speak(terminal, events) and terminal.device is not None:
        events.append(upload_of(terminal, values, message.serials[-1]))


def upgraded(session: Jt808Session, message: Exchange, values: Values, events: list[Event]) -> None:
    """0x0108: ends the upgrade, maybe of an earlier connection: the terminal has started anew."""
    terminal = message.terminal
    if not terminal.authenticated or terminal.has_kept(message.key, message.now_us):
        tell(session, message, values, events)
        return
    terminal.has_answered(terminal.waiting_for(UPGRADE_RESULT))
    result = UPGRADES.get(values["result"], "failed")
    events.append(Answered(terminal.identity, 0, result, values, "upgrade"))
    tell(session, message, values, events)


def send_again(
    session: Jt808Session, message: Exchange, values: Values, events: list[Event]
) -> None:
    """0x0005: packages of a long command are sent again."""
    key = (message.terminal.identity, values["original_serial"])
    data = None if session.long is None else session.long.again(key, values["package_ids"])
    session.reply(message, FAILED if data is None else OK, events)
    if data:
        events.append(Send(data))


def unpack(session: Jt808Session, message: Exchange, values: Values, events: list[Event]) -> None:
    """0x0901: the message in it is taken as if it had come by itself; other content is kept."""
    try:
        data = unpacked(values)
        frame = frame_within(data)
        header = parse_header(frame) if frame else None
    except ProtocolError as error:
        identity = message.terminal.identity
        events.append(Bad(message.frame, error.reason, error.detail, identity))
        session.reply(message, MESSAGE_ERROR, events)
        return
    if frame is None or header is None or header.message_id == COMPRESSED:
        tell(session, message, {**values, "unpacked": data.hex()}, events)
        return
    session.reply(message, OK, events)
    session.take(frame, header, message.now_us, events)


def tell(session: Jt808Session, message: Exchange, values: Values, events: list[Event]) -> None:
    """Anything else: kept by field, once, then acknowledged."""
    terminal = message.terminal
    if not session.may_speak(terminal, events) or terminal.device is None:
        return
    if terminal.has_kept(message.key, message.now_us):
        session.reply(message, OK, events)
        return
    answered(session, terminal, _serial_answered(message, values), events, values)
    name = MESSAGES[message.header.message_id].name
    reply = partial(_when_kept, message)
    events.append(Told(terminal.device, terminal.identity, name, values, reply))


def _serial_answered(message: Exchange, values: Values) -> int:
    """The serial of ours that a message answers, -1 for none; 0x0107, 0x0608 and 0x0702 do not
    say it."""
    if "ack_serial" in values:
        return int(values["ack_serial"])
    return message.terminal.waiting_for(message.header.message_id)


def answered(
    session: Jt808Session,
    terminal: Terminal,
    serial: int,
    events: list[Event],
    values: Values | None = None,
) -> None:
    """A message that is the whole answer to the command of this serial, if there is one."""
    awaited = terminal.has_answered(serial)
    if awaited is not None:
        session.send_no_more(terminal, serial)
        event = Answered(terminal.identity, awaited.command_id, "done", values or {})
        events.append(event)


def tell_alarms(session: Jt808Session, report: Report, events: list[Event]) -> None:
    """Active-safety alarms of a 0x0200: each told once, its files asked for by 0x9208."""
    token: Token = report.token
    if token.message_id != LOCATION:
        return
    terminal = token.terminal
    at = (17 if report.frame[2] & VERSION_FLAG >> 8 else 12) + BASIC_BYTES
    for alarm in safety_alarms(report.frame[at:-1], terminal.version):
        number = alarm_number(session.directory, terminal.identity, alarm.ident)
        key = (ATTACHMENTS_WANTED, int(number, 16), 0)
        if terminal.has_kept(key, session.now_us):
            continue
        terminal.kept(key, session.now_us)
        said = {"kind": alarm.kind, "alarm_number": number, "media_number": int(number, 16)}
        events.append(Told(report.device, report.identity, ALARM, said | alarm.values, _no_reply))
        server = session.directory.files_server
        if server is not None and alarm.attachments:
            body = files_wanted(server, alarm.ident, number)
            events.extend(map(Send, terminal.frames(ATTACHMENTS_WANTED, body)))


def _no_reply(_error: ProtocolError | None) -> bytes:
    """The report that brought it is acknowledged for itself."""
    return b""


def _when_kept(message: Exchange, error: ProtocolError | None) -> bytes:
    """0x8001 for each package: 0 stored, 1 try again, 2 refused for good."""
    terminal, message_id = message.terminal, message.header.message_id
    result = OK
    if error is not None:
        result = FAILED if error.reason == AWAY else MESSAGE_ERROR
    else:
        terminal.kept(message.key, message.now_us)
    return b"".join([terminal.ack(serial, message_id, result) for serial in message.serials])


HANDLERS: dict[int, Handler] = {
    TERMINAL_ACK: acknowledged,
    0x0002: heartbeat,
    0x0003: log_out,
    0x0004: tell_time,
    0x0005: send_again,
    0x0100: register,
    0x0102: authenticate,
    UPGRADE_RESULT: upgraded,
    MEDIA_DATA: upload,
    0x0805: shot,
    COMPRESSED: unpack,
    0x1210: elsewhere,
    0x1211: elsewhere,
    0x1212: elsewhere,
}
