"""One device that posts its fixes; the request names it."""

from __future__ import annotations

from typing import Any

from protocols.contract import (
    Bad,
    Directory,
    Event,
    ProtocolError,
    Report,
    Unregistered,
    Upload,
)
from protocols.osmand.messages import is_json, read_body, read_pairs, value_of, write_pairs

MAX_QUARANTINED_BYTES = 4_096


class OsmAndSession:
    """A frame in, a report out; HTTP's own status is the whole answer."""

    def __init__(self, directory: Directory, identity: str) -> None:
        self._directory = directory
        self._identity = identity

    def receive_data(self, data: bytes, now_us: int) -> list[Event]:
        """One frame. Parameters without a time are of now."""
        try:
            if is_json(data):
                read_body(data)
            else:
                pairs = read_pairs(data)
                if value_of(pairs, ("timestamp",)) is None:
                    data = write_pairs([*pairs, ("timestamp", str(now_us // 1_000))])
        except ProtocolError as error:
            frame = data[:MAX_QUARANTINED_BYTES]
            return [Bad(frame, error.reason, error.detail, self._identity)]
        device = self._directory.find(self._identity)
        if device is None:
            return [Unregistered(self._identity)]
        return [Report(device, self._identity, data, None)]

    def acknowledge(self, report: Report | Upload, error: ProtocolError | None) -> bytes:  # noqa: ARG002
        """Nothing beside the status."""
        return b""

    def command(self, identity: str, command_id: int, kind: str, body: dict[str, Any]) -> bytes:  # noqa: ARG002
        """Raises ProtocolError("unsupported_command")."""
        raise ProtocolError("unsupported_command", f"{identity} only posts (OsmAnd)")
