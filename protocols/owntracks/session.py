"""One OwnTracks app: payloads in, events out. The topic or the request names it."""

from __future__ import annotations

from typing import Any

from protocols.contract import (
    Bad,
    Directory,
    Event,
    Offline,
    ProtocolError,
    Report,
    Unregistered,
    Upload,
)
from protocols.owntracks.messages import Sealed, Will, read
from protocols.owntracks.sealed import unseal

MAX_QUARANTINED_BYTES = 4_096


class OwnTracksSession:
    """`identity` is `user/device`. Nothing is answered: the apps know no acknowledgement."""

    def __init__(self, directory: Directory, identity: str) -> None:
        self._directory = directory
        self._identity = identity

    def receive_data(self, data: bytes, now_us: int) -> list[Event]:  # noqa: ARG002
        """One whole payload."""
        try:
            message = read(data)
            if isinstance(message, Sealed):
                data = unseal(message.data, self._directory.encryption_key(self._identity))
                message = read(data)
                if isinstance(message, Sealed):
                    raise ProtocolError("invalid_message", "encrypted twice")
        except ProtocolError as error:
            frame = data[:MAX_QUARANTINED_BYTES]
            return [Bad(frame, error.reason, error.detail, self._identity)]
        device = self._directory.find(self._identity)
        if device is None:
            return [Unregistered(self._identity)]
        if message is None:
            return []
        if isinstance(message, Will):
            return [Offline(self._identity)]
        return [Report(device, self._identity, data, None)]

    def acknowledge(self, report: Report | Upload, error: ProtocolError | None) -> bytes:  # noqa: ARG002
        """Nothing."""
        return b""

    def command(self, identity: str, command_id: int, kind: str, body: dict[str, Any]) -> bytes:  # noqa: ARG002
        """Raises ProtocolError("unsupported_command"): the app shows nobody a text."""
        raise ProtocolError("unsupported_command", f"{identity} is an OwnTracks app")
