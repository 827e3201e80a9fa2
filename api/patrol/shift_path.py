"""The path of a shift out of the database, for whoever may see it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from api.access import Connection
from api.looks import shown_rows
from api.patrol.path_view import path_feature
from api.state import AppState
from api.times import microseconds
from storage.instants import DAY_US
from storage.patrol import storms_of, told_by
from storage.tracks import MAX_TRACK_ROWS, positions_of

Row = dict[str, Any]
MAX_PATH_US = DAY_US


def path_period(
    inspector: Row, since: datetime | None, until: datetime | None, now_us: int
) -> tuple[int, int]:
    """Microseconds; what is not given is of the row's shift, without one of the last day."""
    start, end = since or inspector["starts_at"], until or inspector["ends_at"]
    start_us = microseconds(start) if start else now_us - MAX_PATH_US
    return start_us, min(microseconds(end) if end else now_us, start_us + MAX_PATH_US)


async def shift_path(
    state: AppState,
    conn: Connection,
    organisations: Sequence[int],
    device_id: int,
    period_us: tuple[int, int],
) -> Row:
    """The Path of docs/api.md, as far as it may be shown."""
    now_us = state.services.clock.now_us()
    start_us, end_us = period_us
    shown = await shown_rows(state, conn)
    rows = await positions_of(
        conn, device_id, start_us, end_us, organisations=organisations, limit=MAX_TRACK_ROWS
    )
    told = await told_by(conn, organisations, device_id, start_us - DAY_US, end_us)
    if state.duty is not None:
        told = [t for t in told if not state.duty.hides(device_id, t.time_us)]
    storms = await storms_of(conn, organisations, device_id, start_us, end_us)
    known_us = (start_us, min(end_us, max(now_us, start_us)))
    return await asyncio.to_thread(path_feature, device_id, shown(rows), told, storms, known_us)
