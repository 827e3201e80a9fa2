"""Inspectors as they are now: their shifts, their last places, whether these are off the grid."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from api.access import Connection
from api.patrol.rollcall import POOR_ACCURACY_M, Present
from api.state import AppState
from api.times import microseconds
from model.fences import Fence
from model.position import FixSource, Rows, empty_rows
from storage.patrol import assigned_cells, inspectors

Row = dict[str, Any]
OFF_GRID_M = 50.0  # as rule kind inspector_off_grid


async def present_inspectors(
    state: AppState, conn: Connection, organisations: Sequence[int], now_us: int
) -> list[Present]:
    """All visible inspectors, by name."""
    return await presence_of(state, conn, await inspectors(conn, organisations, now_us), now_us)


async def presence_of(
    state: AppState, conn: Connection, rows: Sequence[Row], now_us: int
) -> list[Present]:
    """The same of these rows of `inspectors`."""
    latest = await state.latest.all(conn)
    assigned = await assigned_cells(conn, [row["device_id"] for row in rows], now_us)
    fences = {fence.id: fence for fence, _ in await state.cells.read(conn)}

    def entries() -> list[Present]:
        last = [latest.get(row["device_id"]) for row in rows]
        pairs = zip(rows, last, strict=True)
        return [_present(state, row, place, assigned, fences) for row, place in pairs]

    return await asyncio.to_thread(entries)


def _present(
    state: AppState,
    row: Row,
    last: Row | None,
    assigned: dict[int, list[int]],
    fences: dict[int, Fence],
) -> Present:
    cell_ids = assigned.get(row["device_id"], [])
    grid = next((fences[cell] for cell in cell_ids if cell in fences), None)
    heard_us = _microseconds_of(last["received_at"]) if last else 0
    return Present(row, last, heard_us, _is_off_grid(state, last, cell_ids), grid)


def _is_off_grid(state: AppState, last: Row | None, cell_ids: list[int]) -> bool:
    """Farther from every assigned cell than OFF_GRID_M and the accuracy; never of a poor fix."""
    if last is None or not cell_ids or last["fix_source"] == "none":
        return False
    accuracy_m = last["accuracy_m"] or 0
    if accuracy_m > POOR_ACCURACY_M:
        return False
    return state.cells.outside_m(_fix(last), cell_ids) > OFF_GRID_M + accuracy_m


def _fix(last: Row) -> Rows:
    row = empty_rows(1)
    row["longitude_e6"] = round(last["longitude"] * 1e6)
    row["latitude_e6"] = round(last["latitude"] * 1e6)
    row["time_us"] = _microseconds_of(last["time"])
    row["fix_source"] = FixSource.GNSS
    return row


def _microseconds_of(time: str) -> int:
    return microseconds(datetime.fromisoformat(time))
