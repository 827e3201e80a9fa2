"""The handset protocol, registered. It has no port: handsets come by MQTT or HTTP."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from protocols.contract import Decoded, Description, Directory, ProtocolError
from protocols.describing import described_positions, text_or_hex
from protocols.handset import rows
from protocols.handset.messages import (
    VERSION,
    Ack,
    Fix,
    Fixes,
    GnssState,
    Network,
    Switch,
    Track,
    decode_up,
    encode,
)
from protocols.handset.session import HandsetSession
from protocols.registry import register
from protocols.transports import Addressed, Request

_COMPACT_DEFAULTS = rows.COMPACT_UNKNOWN[3:]
_COMPACT_SOURCES = rows.COMPACT_SOURCES
_PREFIX = "xunji/handset/"


class Handset:
    """Messages of `protocols.handset.messages`; the topic gives the identity."""

    name = "handset"
    default_port: int | None = None
    topics = (f"{_PREFIX}+/up",)
    paths = ("/handset",)
    refused_status = 400
    carries_commands = True

    def recognises(self, head: bytes) -> bool | None:
        """A stream that starts with a JSON object."""
        return head[:1] == b"{" if head else None

    def session(self, directory: Directory) -> HandsetSession:
        """Without a topic: every message is refused."""
        return HandsetSession(directory)

    def session_for(self, directory: Directory, identity: str) -> HandsetSession:
        """The session of one handset."""
        return HandsetSession(directory, identity)

    def identity_of(self, topic: str) -> str:
        """Of `xunji/handset/{identity}/up`."""
        return topic.removeprefix(_PREFIX).removesuffix("/up")

    def reply_topic(self, identity: str, leaf: str) -> str | None:
        """Beside its own `up`."""
        return f"{_PREFIX}{identity}/{leaf}"

    def address(self, request: Request) -> Addressed:
        """By the last part of `/handset/{identity}`. Raises ProtocolError("no_identity")."""
        identity = request.path.removeprefix("/handset").strip("/")
        if not identity:
            raise ProtocolError("no_identity", "post to /handset/IDENTITY")
        return Addressed(identity, request.secret, request.body)

    def answer(self, replies: Sequence[bytes], commands: Sequence[bytes]) -> tuple[str, bytes]:
        """The acknowledgement as on `.../ack`; in `down` what would come on `.../down`."""
        body = b"".join(replies)
        if commands:
            body = body.removesuffix(b"}") + b',"down":[%s]}' % b",".join(commands)
        return "application/json", body

    def decode_reports(self, frames: Sequence[bytes]) -> Decoded:
        return rows.decode_reports(frames)

    def describe(self, text: str) -> Description:
        """A payload as JSON text, or its hex."""
        shown = Description(self.name, "unknown", {}, [], [], [])
        try:
            payload = text_or_hex(text)
            message = decode_up(payload)
        except ProtocolError as error:
            shown.error = error
            return shown
        shown.message = type(message).__name__.lower()
        shown.fields = msgspec.to_builtins(message)
        shown.pieces = _pieces(payload, shown.fields)
        shown.positions = described_positions(rows.decode_reports([payload]))
        shown.replies = [encode(Ack(seq=message.seq, ok=True)).hex()]
        return shown


def _pieces(payload: bytes, fields: dict[str, Any]) -> list[tuple[int, int, str, str]]:
    """Each top-level name where it stands in the text."""
    pieces = []
    for name, value in fields.items():
        at = payload.find(b'"' + name.encode() + b'"')
        if at >= 0:
            pieces.append((at, len(name) + 2, name, str(value)))
    return sorted(pieces)


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


def encode_track(
    seq: int,
    fixes: Sequence[Fix],
    *,
    gnss: GnssState | None = None,
    bat: float | None = None,
    net: Network | None = None,
    shift: Switch | None = None,
) -> bytes:
    """The compact form of the same message; times in milliseconds, to whole seconds."""
    told, before = [], (int(fixes[0].t) // 1_000, 0, 0)
    start = before[0]
    for fix in fixes:
        here = (int(fix.t) // 1_000, *before[1:])
        if placed := fix.lon is not None and fix.lat is not None:
            here = (here[0], round(fix.lon * 1e6), round(fix.lat * 1e6))
        rest = [
            -1 if fix.acc is None else math.ceil(fix.acc),
            -1 if fix.spd is None else round(fix.spd * 10),
            -1 if fix.crs is None else round(fix.crs) % 360,
            _COMPACT_SOURCES.index(fix.src) if placed else 0,
            -1 if fix.mock is None else int(fix.mock),
        ]
        while rest and rest[-1] == _COMPACT_DEFAULTS[len(rest) - 1]:
            rest.pop()
        told.append([now - then for now, then in zip(here, before, strict=True)] + rest)
        before = here
    message = Track(v=VERSION, seq=seq, t=start, f=told, gnss=gnss, bat=bat, net=net, shift=shift)
    return encode(message)


HANDSET = Handset()
register(HANDSET)
