"""Frames as they came, out of single rows and out of packs."""

from __future__ import annotations

from collections.abc import Iterable

from model.frames import RawFrame
from storage.database import Connection
from storage.frame_packs import unpack
from storage.instants import from_datetime, to_datetime

MAX_FRAMES = 1_000
_Frame = tuple[int, int, int, bytes]  # first fix, last fix, received
_FRAMES = """
SELECT time, until, received_at, protocol, frame, frames FROM raw_frames
WHERE device_id = %(device)s AND time < %(end)s AND until >= %(start)s
UNION SELECT time, until, received_at, protocol, frame, frames FROM kept_frames
WHERE device_id = %(device)s AND time < %(end)s AND until >= %(start)s
ORDER BY time, received_at LIMIT %(limit)s
"""


async def raw_frames_of(
    conn: Connection, device_id: int, from_us: int, to_us: int, limit: int = MAX_FRAMES
) -> list[RawFrame]:
    """Stored frames of a device with a fix in [from, to), by time of their first fix."""
    period = {"start": to_datetime(from_us), "end": to_datetime(to_us)}
    cursor = await conn.execute(_FRAMES, {"device": device_id, "limit": limit, **period})
    found: dict[_Frame, str] = {}  # a pack may be kept twice
    last_us = 0
    for time, until, received, protocol, frame, frames in await cursor.fetchall():
        first_us = from_datetime(time)
        if len(found) >= limit and first_us > last_us:
            break  # packs hold more than was asked for
        single = (first_us, from_datetime(until), from_datetime(received), bytes(frame))
        each: Iterable[_Frame] = [single] if frames is None else unpack(single[-1]).each()
        wanted = [one for one in each if one[0] < to_us and one[1] >= from_us]
        found.update((one, protocol) for one in wanted)
        last_us = max(last_us, *(one[0] for one in wanted), 0)
    ordered = sorted(found, key=lambda one: (one[0], one[2]))[:limit]
    return [RawFrame(device_id, *one[:3], found[one], one[3]) for one in ordered]
