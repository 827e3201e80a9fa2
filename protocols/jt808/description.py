"""One frame for people: its fields, its bytes in order, its positions, and our replies to it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from model.position_json import position_json
from protocols.contract import Description, KnownDevice, ProtocolError, Report, Send, Told
from protocols.jt808.bits import alarm_names
from protocols.jt808.bodies import REPORT_IDS
from protocols.jt808.columns import decode_reports
from protocols.jt808.fields import Reader
from protocols.jt808.framing import DELIMITER, MIN_FRAME_BYTES, unescape, unwrap, wrap
from protocols.jt808.header import Header, parse_header
from protocols.jt808.messages import FIRST_PLATFORM_ID, message_name, read_body
from protocols.jt808.profiles import PROFILES, STANDARD
from protocols.jt808.session import Jt808Session
from protocols.jt808.signals import Profile
from protocols.jt808.waybill_text import read_waybill

_DEVICE = KnownDevice(0, 0)
_SERVER_FIELDS = ("device_id", "received_at")


class _OpenDirectory:
    """Knows everybody: replies are shown as a registered terminal would get them."""

    open = True
    files_server: tuple[str, int] | None = None

    def find(self, identity: str) -> KnownDevice | None:  # noqa: ARG002
        return _DEVICE

    def issue_code(self, identity: str) -> str:
        return identity

    def check_code(self, identity: str, code: str) -> bool:  # noqa: ARG002
        return True

    def enrol(self, identity: str, details: dict[str, Any]) -> str:  # noqa: ARG002
        return ""

    def check_token(self, identity: str, token: str | None) -> bool:  # noqa: ARG002
        return True

    def encryption_key(self, identity: str) -> str:
        return identity


def describe(text: str, profile: Profile = PROFILES[STANDARD]) -> Description:
    """A frame given as hex, with or without its 7E. Never raises: see `error`."""
    shown = Description("jt808", "unknown", {}, [], [], [])
    try:
        piece = _strip(_bytes_of(text))
        damaged = unescape(piece)
        if len(damaged) >= MIN_FRAME_BYTES:  # the header of a damaged frame tells something too
            _describe_header(shown, parse_header(damaged))
        frame = unwrap(piece)
        header = parse_header(frame)
        _describe_body(shown, header, frame)
        _describe_positions(shown, header, frame, profile)
        _describe_waybill(shown, profile)
        shown.replies = _replies(header, frame)
    except ProtocolError as error:
        shown.error = error
    return shown


def _describe_header(shown: Description, header: Header) -> None:
    shown.message = message_name(header.message_id)
    shown.fields = {"header": header.fields(), "body": {}}
    shown.pieces = _header_pieces(header)


def _bytes_of(text: str) -> bytes:
    try:
        return bytes.fromhex(text.strip().removeprefix("0x"))
    except ValueError as error:
        raise ProtocolError("not_hex", str(error)) from error


def _strip(data: bytes) -> bytes:
    """What stands between the first and the last 7E."""
    return data.removeprefix(DELIMITER).removesuffix(DELIMITER)


def _header_pieces(header: Header) -> list[tuple[int, int, str, str]]:
    long = header.protocol_version is not None
    phone_at, serial_at = (5, 15) if long else (4, 10)
    pieces = [
        (0, 2, "msg_id", f"0x{header.message_id:04X} {message_name(header.message_id)}"),
        (2, 2, "properties", _properties_in_words(header)),
        *([(4, 1, "protocol_version", str(header.protocol_version))] if long else []),
        (phone_at, serial_at - phone_at, "phone", header.identity),
        (serial_at, 2, "serial", str(header.serial)),
    ]
    if header.package_total or header.body_at == serial_at + 6:
        package = f"{header.package_index} of {header.package_total}"
        pieces.append((serial_at + 2, 4, "package", package))
    return pieces


def _properties_in_words(header: Header) -> str:
    words = [f"body {header.body_length} bytes"]
    if not header.length_holds:
        words.append("which is not its length")
    if header.encryption:
        words.append(f"encryption {header.encryption}")
    words.append(f"{header.version} layout")
    return ", ".join(words)


def _describe_body(shown: Description, header: Header, frame: bytes) -> None:
    body = frame[header.body_at : -1]
    end = (len(frame) - 1, 1, "checksum", f"0x{frame[-1]:02X} right")
    fragment = header.package_total > 1
    if header.encryption or fragment:
        values: dict[str, Any] = {"encrypted_length": len(body)}
        if fragment:
            values = {"fragment_length": len(body), "fragment_head": body[:16].hex()}
        shown.fields["body"] = values
        shown.pieces += [(header.body_at, len(body), "body", body.hex()), end]
        return
    reader = Reader(body, header.version, header.body_at)
    try:
        shown.fields["body"] = read_body(header.message_id, reader)
    finally:
        shown.pieces += [*reader.pieces, end]
    shown.fields["header"]["version"] = reader.version[:4]


def _describe_positions(shown: Description, header: Header, frame: bytes, profile: Profile) -> None:
    if header.message_id not in REPORT_IDS or header.encryption or header.package_total > 1:
        return
    decoded = decode_reports([frame], profile)
    rows = zip(decoded.batch.rows, decoded.batch.attributes, strict=True)
    shown.positions = [_position(row, attributes) for row, attributes in rows]
    if decoded.bad:
        shown.error = decoded.bad[0]


def _describe_waybill(shown: Description, profile: Profile) -> None:
    """What the profile makes of a 0x0701."""
    if shown.message == "waybill" and profile.waybill is not None:
        data = bytes.fromhex(shown.fields["body"].get("data", ""))
        shown.fields["waybill"] = asdict(read_waybill(profile.waybill, data))


def _position(row: Any, attributes: str | None) -> dict[str, Any]:
    """As in docs/api.md, without what only a server knows; alarms by name."""
    position = position_json(row, attributes)
    for name in _SERVER_FIELDS:
        del position[name]
    return position | {"alarms": alarm_names(int(row["alarm_bits"]))}


def _replies(header: Header, frame: bytes) -> list[str]:
    """What a session answers a registered terminal; nothing for what the platform sends."""
    if header.message_id >= FIRST_PLATFORM_ID:
        return []
    session = Jt808Session(_OpenDirectory())
    replies = []
    for event in session.receive_data(wrap(frame[:-1]), 0):
        if isinstance(event, Send):
            replies.append(event.data.hex())
        elif isinstance(event, Told):
            replies.append(event.reply(None).hex())
        elif isinstance(event, Report):
            bad = decode_reports([event.frame]).bad.get(0)
            replies.append(session.acknowledge(event, bad).hex())
    return replies
