"""Inspectors as they are now: their shifts, their last places, whether these are off the grid."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from api.access import Connection
from api.patrol.rollcall import POOR_ACCURACY_M, Present
from api.state import AppState
from api.times import microseconds
from model.position import FixSource, Rows, empty_rows
from rules.believed import GOOD_M, believed_rows
from rules.build_view import sort_rows
from rules.foot_path import RESTART_S
from storage.patrol import assigned_cells, inspectors
from storage.tracks import positions_of_many

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

    last = {row["device_id"]: latest.get(row["device_id"]) for row in rows}
    places = await _places(conn, {id_: fix for id_, fix in last.items() if fix is not None})

    def present(row: Row) -> Present:
        id_ = row["device_id"]
        cell_ids = assigned.get(id_, [])
        grid = next((fences[cell] for cell in cell_ids if cell in fences), None)
        fix = last[id_]
        heard_us = _microseconds_of(fix["received_at"]) if fix else 0
        off_grid = _is_off_grid(state, places.get(id_), cell_ids)
        return Present(row, fix, heard_us, off_grid, grid)

    return await asyncio.to_thread(lambda: [present(row) for row in rows])


async def _places(conn: Connection, last: Mapping[int, Row]) -> dict[int, Rows]:
    """By device one row: where its last fix is to be believed (rules.believed)."""
    places = {id_: _fix(fix) for id_, fix in last.items() if fix["fix_source"] != "none"}
    vague = {
        id_: int(fix["time_us"][0]) - RESTART_S * 1_000_000
        for id_, fix in places.items()
        if last[id_]["fix_source"] != "gnss" or (last[id_]["accuracy_m"] or 0) > GOOD_M
    }
    if not vague:
        return places
    until_us = max(int(places[id_]["time_us"][0]) for id_ in vague) + 1
    rows = sort_rows(await positions_of_many(conn, vague, until_us))
    moved, _ = await asyncio.to_thread(believed_rows, rows, vague, {})
    if moved is not None:
        ends = np.flatnonzero(np.append(np.diff(moved["device_id"]) != 0, True))
        places |= {int(moved["device_id"][end]): moved[end : end + 1] for end in ends.tolist()}
    return places


def _is_off_grid(state: AppState, place: Rows | None, cell_ids: list[int]) -> bool:
    """Farther from every assigned cell than OFF_GRID_M and the accuracy; never of a poor fix."""
    if place is None or not cell_ids:
        return False
    accuracy_m = max(int(place["accuracy_m"][0]), 0)
    if accuracy_m > POOR_ACCURACY_M:
        return False
    return state.cells.outside_m(place, cell_ids) > OFF_GRID_M + accuracy_m


def _fix(last: Row) -> Rows:
    row = empty_rows(1)
    row["longitude_e6"] = round(last["longitude"] * 1e6)
    row["latitude_e6"] = round(last["latitude"] * 1e6)
    row["time_us"] = _microseconds_of(last["time"])
    row["fix_source"] = FixSource.GNSS
    row["accuracy_m"] = -1 if last["accuracy_m"] is None else last["accuracy_m"]
    return row


def _microseconds_of(time: str) -> int:
    return microseconds(datetime.fromisoformat(time))
