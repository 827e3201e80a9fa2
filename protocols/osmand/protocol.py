"""OsmAnd and Traccar Client, registered. They come by HTTP."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from protocols.contract import Decoded, Description, Directory, ProtocolError
from protocols.describing import described_positions
from protocols.osmand import rows
from protocols.osmand.messages import (
    NAMES,
    SECRETS,
    is_json,
    plain,
    read_body,
    read_pairs,
    value_of,
    write_pairs,
)
from protocols.osmand.session import OsmAndSession
from protocols.registry import register
from protocols.transports import Addressed, Request

_NO_IDENTITY = ProtocolError("no_identity", "the device is named by id= or device_id")


class OsmAnd:
    """Frames of `protocols.osmand.messages`."""

    name = "osmand"
    default_port: int | None = None
    paths = ("/osmand", "/")
    refused_status = 200
    carries_commands = False

    def recognises(self, head: bytes) -> bool | None:  # noqa: ARG002
        """Never a stream."""
        return False

    def session(self, directory: Directory) -> OsmAndSession:
        """Without a name nobody is known."""
        return OsmAndSession(directory, "")

    def session_for(self, directory: Directory, identity: str) -> OsmAndSession:
        """The session of one device."""
        return OsmAndSession(directory, identity)

    def address(self, request: Request) -> Addressed:
        """By `id` (or `deviceid`), or `device_id` of the JSON form; the secret by `token` or as a
        password. Raises ProtocolError: no_identity, or as the frame's reading does."""
        pairs = read_pairs(request.query)
        if is_json(request.body):
            identity = read_body(request.body).device_id or value_of(pairs, NAMES)
            frame = request.body
        else:
            pairs += read_pairs(request.body)
            identity = value_of(pairs, NAMES)
            frame = write_pairs([pair for pair in pairs if pair[0] not in (*NAMES, *SECRETS)])
        if not identity:
            raise _NO_IDENTITY
        return Addressed(plain(identity), value_of(pairs, SECRETS) or request.secret, frame)

    def answer(self, replies: Sequence[bytes], commands: Sequence[bytes]) -> tuple[str, bytes]:  # noqa: ARG002
        """Nothing."""
        return "text/plain", b""

    def decode_reports(self, frames: Sequence[bytes]) -> Decoded:
        return rows.decode_reports(frames)

    def describe(self, text: str) -> Description:
        """A query string or a JSON object as text, or hex of either."""
        shown = Description(self.name, "unknown", {}, [], [], [])
        frame = _frame(text)
        try:
            if is_json(frame):
                read_body(frame)
                shown.message, shown.fields = "json", msgspec.json.decode(frame)
            else:
                shown.message, shown.fields = "query", dict(read_pairs(frame))
        except ProtocolError as error:
            shown.error = error
            return shown
        decoded = rows.decode_reports([frame])
        shown.error = decoded.bad.get(0)
        shown.positions = described_positions(decoded)
        shown.pieces = _pieces(frame)
        return shown


def _frame(text: str) -> bytes:
    text = text.strip()
    try:
        return bytes.fromhex(text)
    except ValueError:
        return text.rpartition("?")[2].encode() if not text.startswith("{") else text.encode()


def _pieces(frame: bytes) -> list[tuple[int, int, str, str]]:
    if is_json(frame):
        return [(0, len(frame), "json", frame.decode(errors="replace"))]
    pieces, at = [], 0
    for part in frame.split(b"&"):
        name, _, value = part.partition(b"=")
        words = (name.decode(errors="replace"), value.decode(errors="replace"))
        pieces.append((at, len(part), *words))
        at += len(part) + 1
    return pieces


OSMAND = OsmAnd()
register(OSMAND)
