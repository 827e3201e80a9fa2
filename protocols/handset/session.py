"""One handset: whole payloads in, events out. Its identity comes from the topic.

The broker has authenticated the handset (it may write to its own topics only); the session asks
the directory alone. What is not registered gets no answer and keeps its messages.
"""

from __future__ import annotations

from typing import Any, Literal

from protocols.contract import (
    Answered,
    Bad,
    Close,
    Directory,
    Event,
    KnownDevice,
    Online,
    ProtocolError,
    Report,
    Send,
    Unregistered,
    Upload,
)
from protocols.handset.messages import (
    MAX_TEXT_CHARACTERS,
    Ack,
    Answer,
    Hello,
    Photo,
    Shift,
    Task,
    Text,
    Up,
    decode_up,
    encode,
    seq_of,
)
from protocols.handset.rows import time_us_of

MAX_QUARANTINED_BYTES = 4_096  # of a payload that is refused


class HandsetSession:
    """`identity` None: a stream without a topic, on which nobody can be believed."""

    def __init__(self, directory: Directory, identity: str | None = None) -> None:
        self._directory = directory
        self._identity = identity

    def receive_data(self, data: bytes, now_us: int) -> list[Event]:  # noqa: ARG002
        """One whole payload in."""
        identity = self._identity
        if identity is None:
            detail = "handsets come by MQTT, where the topic names them"
            return [Bad(data[:MAX_QUARANTINED_BYTES], "no_identity", detail), Close("no_identity")]
        try:
            message = decode_up(data)
        except ProtocolError as error:
            return self._refuse(identity, data, error)
        device = self._directory.find(identity)
        if device is None:
            return [Unregistered(identity, {"type": type(message).__name__.lower()})]
        return self._events(identity, device, message, data)

    def acknowledge(self, report: Report | Upload, error: ProtocolError | None) -> bytes:
        """For `.../ack`."""
        if error is None:
            return encode(Ack(seq=report.token, ok=True))
        return encode(Ack(seq=report.token, ok=False, error=error.reason))

    def command(self, identity: str, command_id: int, kind: str, body: dict[str, Any]) -> bytes:
        """For `.../down`. Raises ProtocolError("unsupported_command", "too_long")."""
        if kind not in ("text", "task"):
            detail = f"{kind!r}; a handset {identity} takes texts and tasks"
            raise ProtocolError("unsupported_command", detail)
        text = str(body.get("text", ""))
        if len(text) > MAX_TEXT_CHARACTERS:
            detail = f"{len(text)} characters, at most {MAX_TEXT_CHARACTERS}"
            raise ProtocolError("too_long", detail)
        if kind == "task":
            return encode(_task(command_id, text, body))
        return encode(Text(id=command_id, text=text, flags=list(body.get("flags") or [])))

    def _refuse(self, identity: str, data: bytes, error: ProtocolError) -> list[Event]:
        frame = data[:MAX_QUARANTINED_BYTES]
        events: list[Event] = [Bad(frame, error.reason, error.detail, identity)]
        seq = seq_of(data) if error.reason == "invalid_message" else None
        if seq is not None:
            events.append(Send(encode(Ack(seq=seq, ok=False, error=error.reason))))
        return events

    def _events(self, identity: str, device: KnownDevice, message: Up, data: bytes) -> list[Event]:
        ack = Send(encode(Ack(seq=message.seq, ok=True)))
        match message:
            case Shift(fix=None):
                return [Online(device, identity, {"shift": message.shift}), ack]
            case Hello():
                details = {"model": message.model, "app": message.app}
                return [Online(device, identity, details), ack]
            case Answer():
                return [Answered(identity, message.id, message.result), ack]
            case Photo():
                return [_upload(identity, device, message)]
        return [Report(device, identity, data, message.seq)]


def _upload(identity: str, device: KnownDevice, photo: Photo) -> Upload:
    fix = photo.fix
    placed = fix is not None and fix.lon is not None and fix.lat is not None
    return Upload(
        device,
        identity,
        media_id=photo.photo_id,
        kind="image",
        format="",
        event="report",
        channel=1,
        data=photo.data,
        time_us=None if fix is None else time_us_of(fix.t) or None,
        longitude_e6=round((fix.lon or 0) * 1e6) if fix and placed else None,
        latitude_e6=round((fix.lat or 0) * 1e6) if fix and placed else None,
        token=photo.seq,
        note=photo.text or "",
    )


def _task(command_id: int, text: str, body: dict[str, Any]) -> Task:
    longitude, latitude = body.get("place") or (None, None)
    want: Literal["read", "done"] = "done" if body.get("kind") == "task" else "read"
    until = body.get("deadline_ms")
    return Task(id=command_id, want=want, text=text, lon=longitude, lat=latitude, until=until)
