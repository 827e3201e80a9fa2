"""Before the disk is full: raw frames go first, oldest day first, and nothing else goes by itself.

Positions, violations and frozen evidence are out of its reach; frames that open violations need are
copied before their day goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from storage.database import Connection, Mode
from storage.retention import Dropped, drop_raw_frames
from storage.usage import Usage, full_on

Level = Literal["unknown", "ok", "warning", "tight"]
WARN_FREE_SHARE, TIGHT_FREE_SHARE = 0.15, 0.10
WARN_DAYS = 14


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk that the database is on, or the room that it was given."""

    total_bytes: int
    free_bytes: int

    @property
    def free_share(self) -> float:
        """0 to 1."""
        return self.free_bytes / self.total_bytes if self.total_bytes else 0.0


def level_of(disk: Disk | None, full: date | None, today: date) -> Level:
    """How near it is."""
    if disk is None:
        return "unknown"
    if disk.free_share < TIGHT_FREE_SHARE:
        return "tight"
    soon = full is not None and full - today < timedelta(days=WARN_DAYS)
    return "warning" if soon or disk.free_share < WARN_FREE_SHARE else "ok"


async def tighten(conn: Connection, mode: Mode, found: Usage, disk: Disk) -> Dropped:
    """Drop the oldest days of raw frames until enough is free; the newest day stays."""
    dropped = Dropped()
    missing = TIGHT_FREE_SHARE * disk.total_bytes - disk.free_bytes
    for day in found.days["raw_frames"][:-1]:
        if missing <= 0:
            break
        end = datetime.combine(day.day + timedelta(days=1), time(), UTC)
        await drop_raw_frames(conn, mode, end, dropped)
        missing -= day.bytes
    return dropped


def forecast(
    found: Usage, disk: Disk | None, retention_days: int, raw_frames_days: int, today: date
) -> date | None:
    """As `full_on`, for these settings; None also where the disk is not known."""
    kept = {"positions": retention_days + 1, "raw_frames": max(raw_frames_days, 1) + 1}
    return full_on(found, disk.free_bytes, kept, today) if disk else None
