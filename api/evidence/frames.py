"""Raw frames at the start, peak and end of an episode, annotated byte by byte."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.registries import terminal_protocols
from api.times import iso_us
from model.frames import RawFrame


def nearest_frame(frames: Iterable[RawFrame], time_us: int) -> RawFrame | None:
    """The frame that carried the fix of this time, or else the nearest."""
    return min(frames, key=lambda frame: _distance_us(frame, time_us), default=None)


def _distance_us(frame: RawFrame, time_us: int) -> int:
    return max(frame.time_us - time_us, time_us - frame.until_us, 0)


def annotated(frame: RawFrame) -> dict[str, Any]:
    """The frame of docs/api.md; of a protocol that we no longer have, without pieces.

    Text protocols are described as text, which is how `describe` takes them.
    """
    protocol = terminal_protocols().get(frame.protocol)
    described = None
    if protocol is not None:
        text = frame.frame.decode() if frame.frame.isascii() and _is_json(frame) else None
        described = protocol.describe(text if text is not None else frame.frame.hex())
    return {
        "time": iso_us(frame.time_us),
        "received_at": iso_us(frame.received_us),
        "protocol": frame.protocol,
        "hex": frame.frame.hex(),
        "message": described.message if described else "",
        "pieces": [list(piece) for piece in described.pieces] if described else [],
    }


def _is_json(frame: RawFrame) -> bool:
    return frame.frame[:1] == b"{"
