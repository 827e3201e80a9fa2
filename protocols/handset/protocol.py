"""The handset protocol, registered. It has no port: handsets come by MQTT."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from model.position_json import position_json
from protocols.contract import Decoded, Description, Directory, ProtocolError
from protocols.handset import rows
from protocols.handset.messages import (
    VERSION,
    Ack,
    Fix,
    Fixes,
    GnssState,
    Network,
    Shift,
    Switch,
    Up,
    decode_up,
    encode,
)
from protocols.handset.session import HandsetSession
from protocols.registry import register

_SERVER_FIELDS = ("device_id", "received_at")


class Handset:
    """Messages of `protocols.handset.messages`; the topic gives the identity."""

    name = "handset"
    default_port: int | None = None

    def recognises(self, head: bytes) -> bool | None:
        """A stream that starts with a JSON object."""
        return head[:1] == b"{" if head else None

    def session(self, directory: Directory) -> HandsetSession:
        """Without a topic: every message is refused."""
        return HandsetSession(directory)

    def session_for(self, directory: Directory, identity: str) -> HandsetSession:
        """The session of one handset."""
        return HandsetSession(directory, identity)

    def decode_reports(self, frames: Sequence[bytes]) -> Decoded:
        return rows.decode_reports(frames)

    def describe(self, text: str) -> Description:
        """A payload as JSON text, or its hex."""
        shown = Description(self.name, "unknown", {}, [], [], [])
        try:
            payload = _payload(text)
            message = decode_up(payload)
        except ProtocolError as error:
            shown.error = error
            return shown
        shown.message = type(message).__name__.lower()
        shown.fields = msgspec.to_builtins(message)
        shown.pieces = _pieces(payload, shown.fields)
        shown.positions = _positions(message, payload)
        shown.replies = [encode(Ack(seq=message.seq, ok=True)).hex()]
        return shown


def _payload(text: str) -> bytes:
    if text.lstrip().startswith("{"):
        return text.encode()
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ProtocolError("invalid_json", "neither a JSON object nor hex") from error


def _pieces(payload: bytes, fields: dict[str, Any]) -> list[tuple[int, int, str, str]]:
    """Each top-level name where it stands in the text."""
    pieces = []
    for name, value in fields.items():
        at = payload.find(b'"' + name.encode() + b'"')
        if at >= 0:
            pieces.append((at, len(name) + 2, name, str(value)))
    return sorted(pieces)


def _positions(message: Up, payload: bytes) -> list[dict[str, Any]]:
    if not isinstance(message, Fixes | Shift):
        return []
    decoded = rows.decode_reports([payload])
    pairs = zip(decoded.batch.rows, decoded.batch.attributes, strict=True)
    positions = [position_json(row, attributes) for row, attributes in pairs]
    for position in positions:
        for name in _SERVER_FIELDS:
            del position[name]
    return positions


def encode_fixes(
    seq: int,
    fixes: Iterable[Fix],
    *,
    gnss: GnssState | None = None,
    bat: float | None = None,
    net: Network | None = None,
    shift: Switch | None = None,
) -> bytes:
    """A `fixes` message, as a handset sends it."""
    message = Fixes(v=VERSION, seq=seq, fixes=list(fixes), gnss=gnss, bat=bat, net=net, shift=shift)
    return encode(message)


HANDSET = Handset()
register(HANDSET)
