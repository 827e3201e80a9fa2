"""Frames as they came: kept beside the positions they carried, or in quarantine with a reason."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec


class RawFrame(msgspec.Struct, frozen=True, gc=False):
    """A stored frame. `time_us`, `until_us`: its first and last fix, UTC microseconds."""

    device_id: int
    time_us: int
    until_us: int
    received_us: int
    protocol: str
    frame: bytes


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Bad input on its way to the quarantine table; `reason` is a short stable code."""

    received_us: int
    protocol: str
    peer: str
    identity: str | None
    device_id: int | None
    reason: str
    detail: str
    frame: bytes
