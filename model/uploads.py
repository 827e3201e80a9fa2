"""A file that a terminal uploaded: between the gateway's side and storage."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TerminalFile:
    """`media_number` is the terminal's own; times in UTC microseconds, None: it did not say."""

    device_id: int
    media_number: int
    event: str
    channel: int
    data: bytes
    received_us: int
    taken_us: int | None
    longitude_e6: int | None
    latitude_e6: int | None
