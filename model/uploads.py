"""Files and messages of terminals: between the gateway's side and storage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TerminalFile:
    """`media_number` is the terminal's own; times in UTC microseconds, None: it did not say.

    `photo` False: a sound, a video or anything else."""

    device_id: int
    media_number: int
    event: str
    channel: int
    data: bytes
    received_us: int
    taken_us: int | None
    longitude_e6: int | None
    latitude_e6: int | None
    note: str = ""
    photo: bool = True


@dataclass(frozen=True, slots=True)
class TerminalMessage:
    """What a terminal said, by field; `name` as its protocol calls it."""

    device_id: int
    name: str
    content: dict[str, Any]
    received_us: int
