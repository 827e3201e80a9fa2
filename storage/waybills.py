"""Electronic waybills; a change bumps the rulebook's revision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from model.permits import Waybill
from storage import rejudge
from storage.database import Connection
from storage.instants import DAY_US, from_datetime, to_datetime
from storage.rulebook_changes import bump_revision

MAX_LISTED = 500
RUN_BEFORE_US = 4 * 3_600_000_000  # the longest grace of no_waybill: the run may have left before
WAYBILL_DAYS = 8  # older ones no late fix is judged by; a city writes thousands a day

_SELECT = """
SELECT w.id, w.organisation_id, w.number, w.device_id, w.site_fence_id, w.dump_fence_id,
       w.volume_m3, w.issued_at, w.valid_until, w.cancelled_at
FROM waybills w
"""
_SAME = f"{_SELECT} WHERE w.organisation_id = %s AND w.number = %s"
_SAVE = """
INSERT INTO waybills (organisation_id, number, device_id, site_fence_id, dump_fence_id, volume_m3,
    issued_at, valid_until, cancelled_at)
VALUES (%(organisation_id)s, %(number)s, %(device_id)s, %(site_fence_id)s, %(dump_fence_id)s,
    %(volume_m3)s, %(issued_at)s, %(valid_until)s, %(cancelled_at)s)
ON CONFLICT (organisation_id, number) DO UPDATE SET device_id = excluded.device_id,
    site_fence_id = excluded.site_fence_id, dump_fence_id = excluded.dump_fence_id,
    volume_m3 = excluded.volume_m3, issued_at = excluded.issued_at,
    valid_until = excluded.valid_until, cancelled_at = excluded.cancelled_at
RETURNING id
"""
# Filter name: its condition. `from` and `to` mean: it was issued in the period.
_FILTERS = {
    "id": "w.id = %(id)s",
    "device_id": "w.device_id = %(device_id)s",
    "number": "w.number = %(number)s",
    "from": "w.issued_at >= %(from)s",
    "to": "w.issued_at < %(to)s",
    "before_id": "w.id < %(before_id)s",
}


def waybill_of(row: Sequence[Any]) -> Waybill:
    """From the columns of `_SELECT`."""
    return Waybill(
        id=row[0],
        organisation_id=row[1],
        number=row[2],
        device_id=row[3],
        site_fence_id=row[4],
        dump_fence_id=row[5],
        volume_m3=row[6],
        issued_us=from_datetime(row[7]),
        valid_to_us=from_datetime(row[8]),
        cancelled_us=None if row[9] is None else from_datetime(row[9]),
    )


async def load_waybills(conn: Connection, now_us: int) -> tuple[Waybill, ...]:
    """All that were valid in the 8 days before `now_us`, or later."""
    since = to_datetime(now_us - WAYBILL_DAYS * DAY_US)
    query = f"{_SELECT} WHERE w.valid_until >= %s ORDER BY w.id"
    return await _read(conn, query, (since,))


async def list_waybills(
    conn: Connection,
    organisations: Sequence[int],
    filters: dict[str, Any],
    limit: int = MAX_LISTED,
) -> tuple[Waybill, ...]:
    """Visible waybills, newest first; `filters` by the names of _FILTERS (None: no filter)."""
    given = {name: value for name, value in filters.items() if value is not None}
    where = ["w.organisation_id = ANY(%(organisations)s)", *(_FILTERS[name] for name in given)]
    query = f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY w.id DESC LIMIT %(limit)s"
    return await _read(conn, query, {**given, "organisations": list(organisations), "limit": limit})


async def waybills_of(conn: Connection, device_id: int, at_us: int) -> tuple[Waybill, ...]:
    """The waybills of a truck that were valid at a time, for its evidence."""
    where = (
        "w.device_id = %s AND w.issued_at <= %s AND w.valid_until > %s"
        " AND coalesce(w.cancelled_at > %s, true) ORDER BY w.id"
    )
    at = to_datetime(at_us)
    return await _read(conn, f"{_SELECT} WHERE {where}", (device_id, at, at, at))


async def save_waybills(conn: Connection, waybills: Sequence[Waybill]) -> list[Waybill]:
    """Store each, in the place of the organisation's of the same number. All or none; returned
    with their ids."""
    saved = []
    async with conn.transaction():
        await bump_revision(conn)
        await _judge_anew(conn, waybills)
        for waybill in waybills:
            row = await (await conn.execute(_SAVE.encode(), _values(waybill))).fetchone()
            assert row is not None
            saved.append(msgspec.structs.replace(waybill, id=row[0]))
    return saved


async def _judge_anew(conn: Connection, waybills: Sequence[Waybill]) -> None:
    """The trucks of these waybills, and of those that they replace."""
    since_us: dict[int, int] = {}
    known = [
        known
        for waybill in waybills
        for known in await _read(conn, _SAME, (waybill.organisation_id, waybill.number))
    ]
    for waybill in (*waybills, *known):
        earliest_us = since_us.get(waybill.device_id, waybill.issued_us)
        since_us[waybill.device_id] = min(earliest_us, waybill.issued_us)
    for device_id, issued_us in since_us.items():
        await rejudge.ask(conn, [device_id], issued_us - RUN_BEFORE_US)


def _values(waybill: Waybill) -> dict[str, Any]:
    cancelled_us = waybill.cancelled_us
    return {
        **{name: getattr(waybill, name) for name in Waybill.__struct_fields__},
        "issued_at": to_datetime(waybill.issued_us),
        "valid_until": to_datetime(waybill.valid_to_us),
        "cancelled_at": None if cancelled_us is None else to_datetime(cancelled_us),
    }


async def _read(conn: Connection, query: str, parameters: Any) -> tuple[Waybill, ...]:
    cursor = await conn.execute(query.encode(), parameters)
    return tuple(map(waybill_of, await cursor.fetchall()))
