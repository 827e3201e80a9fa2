"""Looks at where somebody was: an inspector's are noted, and only shifts are shown."""

from __future__ import annotations

from collections.abc import Callable

from api.access import Caller, Connection
from api.state import AppState
from model.position import Rows, rows_at
from storage.path_views import Source, note_view

Shown = Callable[[Rows], Rows]


async def shown_rows(state: AppState, conn: Connection) -> Shown:
    """Leaves out fixes of inspectors outside their shifts."""
    duty = state.duty
    if duty is None:
        return lambda rows: rows
    await duty.refresh(conn, state.services.clock.now_us())

    def shown(rows: Rows) -> Rows:
        off = duty.off_shift(rows["device_id"], rows["time_us"])
        return rows_at(rows, ~off) if off.any() else rows

    return shown


async def look_at(
    state: AppState,
    conn: Connection,
    caller: Caller,
    device_id: int,
    period_us: tuple[int, int],
    *,
    source: Source,
) -> None:
    """Keep who looks at an inspector's path before it is shown; `conn` may write."""
    now_us = state.services.clock.now_us()
    await note_view(conn, device_id, caller.user.id, period_us, source=source, now_us=now_us)
