"""OwnTracks, registered. It has no port: apps come by MQTT or HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs

import msgspec

from protocols.contract import Decoded, Description, Directory, ProtocolError
from protocols.describing import described_positions, text_or_hex
from protocols.owntracks import rows
from protocols.owntracks.messages import read
from protocols.owntracks.session import OwnTracksSession
from protocols.registry import register
from protocols.transports import Addressed, Request

_PREFIX = "owntracks/"


class OwnTracks:
    """Messages of `protocols.owntracks.messages`; identity `user/device`."""

    name = "owntracks"
    default_port: int | None = None
    topics = (f"{_PREFIX}+/+", f"{_PREFIX}+/+/event")
    paths = ("/owntracks", "/pub")
    refused_status = 200
    carries_commands = False

    def recognises(self, head: bytes) -> bool | None:  # noqa: ARG002
        """Never a stream."""
        return False

    def session(self, directory: Directory) -> OwnTracksSession:
        """Without a name nobody is known."""
        return OwnTracksSession(directory, "")

    def session_for(self, directory: Directory, identity: str) -> OwnTracksSession:
        """The session of one app."""
        return OwnTracksSession(directory, identity)

    def identity_of(self, topic: str) -> str:
        """`user/device` of `owntracks/user/device` and `.../event`."""
        return topic.removeprefix(_PREFIX).removesuffix("/event")

    def reply_topic(self, identity: str, leaf: str) -> str | None:  # noqa: ARG002
        """The apps listen to no replies."""
        return None

    def address(self, request: Request) -> Addressed:
        """By the headers X-Limit-U and X-Limit-D, the query's u and d, or the log-in and d.

        Raises ProtocolError("no_identity").
        """
        query = parse_qs(request.query, max_num_fields=16)
        user = request.headers.get("x-limit-u") or "".join(query.get("u", ())) or request.username
        device = request.headers.get("x-limit-d") or "".join(query.get("d", ()))
        if not user or not device:
            raise ProtocolError(
                "no_identity", "set user and device name in the app, or ?u=USER&d=DEVICE in its URL"
            )
        return Addressed(f"{user}/{device}", request.secret, request.body)

    def answer(self, replies: Sequence[bytes], commands: Sequence[bytes]) -> tuple[str, bytes]:  # noqa: ARG002
        """An empty list of friends."""
        return "application/json", b"[]"

    def decode_reports(self, frames: Sequence[bytes]) -> Decoded:
        return rows.decode_reports(frames)

    def describe(self, text: str) -> Description:
        """A payload as JSON text, or its hex."""
        shown = Description(self.name, "unknown", {}, [], [], [])
        try:
            payload = text_or_hex(text)
            message = read(payload)
        except ProtocolError as error:
            shown.error = error
            return shown
        shown.fields = msgspec.json.decode(payload) if payload else {}
        shown.message = str(shown.fields.get("_type", "ignored"))
        if message is not None:
            shown.positions = described_positions(rows.decode_reports([payload]))
        shown.pieces = [(0, len(payload), shown.message, payload.decode(errors="replace"))]
        return shown


OWNTRACKS = OwnTracks()
register(OWNTRACKS)
