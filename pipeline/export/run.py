"""An export: page after page from the database into a file, in memory that does not grow."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np

from pipeline.duty_hours import DutyHours
from pipeline.export.columns import Page, track_page, violation_page
from pipeline.export.formats.table import writer_of
from pipeline.export.order import ExportFailedError, Order, Told
from storage.database import Connection, connect
from storage.instants import to_datetime
from storage.registers import devices
from storage.track_pages import position_pages
from storage.violations import MAX_LISTED, list_violations

QUERY_LIMIT_MS = 120_000  # of one page
Tell = Callable[[Told], None]


async def run_export(order: Order, tell: Tell) -> Told:
    """Write the file; `tell` is called after every page. Raises ExportFailedError and
    DatabaseProblem, and leaves no half file behind."""
    path = Path(order.path)
    conn = await connect(order.url, QUERY_LIMIT_MS)
    try:
        return await _write(conn, order, path, tell)
    except OSError as error:
        raise ExportFailedError(f"the file cannot be written: {error}") from error
    finally:
        await conn.close()


async def _write(conn: Connection, order: Order, path: Path, tell: Tell) -> Told:
    half = path.with_name(f".{path.name}.part")
    writer = writer_of(order.what, order.format, half)
    rows, cut = 0, False
    try:
        async for page, share in _PAGES[order.what](conn, order):
            rows += page.count
            writer.write(page)
            tell(Told(progress=share, rows=rows))
            if rows >= order.max_rows:
                cut = True
                break
        writer.close()
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return Told(progress=1.0, rows=rows, done=True, cut=cut)


Pages = AsyncIterator[tuple[Page, float]]


async def _tracks(conn: Connection, order: Order) -> Pages:
    """Fixes by unit and time, with the share that is done."""
    known = await devices(conn, order.organisations)
    wanted = [row for row in known if order.device_ids is None or row["id"] in order.device_ids]
    lasts_us = max(order.to_us - order.from_us, 1)
    period = order.from_us, order.to_us
    duty = DutyHours()
    if order.hide_off_shift:
        await duty.refresh(conn, order.to_us)
    for number, device in enumerate(wanted):
        async for batch in position_pages(conn, order.organisations, device["id"], period):
            within = (int(batch.rows["time_us"][-1]) - order.from_us) / lasts_us
            off = duty.off_shift(batch.rows["device_id"], batch.rows["time_us"])
            shown = batch.take(np.flatnonzero(~off)) if off.any() else batch
            yield track_page(device, shown, order.datum), (number + within) / len(wanted)


async def _violations(conn: Connection, order: Order) -> Pages:
    """Violations, the newest first."""
    before: int | None = None
    newest: int | None = None
    devices_of: list[int | None] = [None] if order.device_ids is None else [*order.device_ids]
    for number, device_id in enumerate(devices_of):
        before = None
        while True:
            filters = {
                "from": to_datetime(order.from_us),
                "to": to_datetime(order.to_us),
                "device_id": device_id,
                "kind": order.kind,
                "status": order.status,
                "before_id": before,
                "shadow": False,
            }
            found = await list_violations(conn, order.organisations, filters, MAX_LISTED)
            if not found:
                break
            before = found[-1]["id"]
            newest = newest or found[0]["id"]
            share = 1 - before / (newest + 1)
            yield violation_page(found, order.datum), (number + share) / len(devices_of)


_PAGES: dict[str, Callable[[Connection, Order], Pages]] = {
    "tracks": _tracks,
    "violations": _violations,
}
