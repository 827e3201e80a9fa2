"""Many fences at once: one transaction, one revision, a handful of statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from model.fences import Fence
from storage.database import Connection
from storage.instants import from_datetime, to_datetime
from storage.rulebook_changes import END_FENCE, INSERT_FENCE, bump_revision, fence_values

_IDS = "SELECT nextval('fence_ids') FROM generate_series(1, %s)"
_VERSIONS = "SELECT id, max(version) FROM fences WHERE id = ANY(%s) GROUP BY id"
_CODES = """
SELECT code, min(id) FROM fences
WHERE organisation_id = %s AND code IS NOT NULL AND valid_from <= %s AND valid_to > %s
GROUP BY code
"""


def fence_of(row: dict[str, Any]) -> Fence:
    """From a whole row of table fences."""
    values = {name: row[name] for name in Fence.__struct_fields__ if name in row}
    values["valid_from_us"] = from_datetime(row["valid_from"])
    values["valid_to_us"] = from_datetime(row["valid_to"])
    return msgspec.convert(values, Fence)


async def save_imported(
    conn: Connection, fences: Sequence[Fence], organisation_id: int, now_us: int
) -> list[Fence]:
    """Store what a file holds: the next version of the organisation's fence in force with the same
    code, or a new fence. A code that occurs twice in the file names neither.
    """
    now = to_datetime(now_us)
    known = dict(await _rows(conn, _CODES, (organisation_id, now, now)))
    times = Counter(fence.code for fence in fences)
    return await save_fences(
        conn,
        [
            msgspec.structs.replace(f, id=known.get(f.code, 0) if times[f.code] == 1 else 0)
            for f in fences
        ],
    )


async def save_fences(conn: Connection, fences: Sequence[Fence]) -> list[Fence]:
    """As `save_fence` for each, all or none; an id occurs once at most (0: a new fence)."""
    async with conn.transaction():
        await bump_revision(conn)
        new = [row[0] for row in await _rows(conn, _IDS, (sum(not f.id for f in fences),))]
        known = dict(await _rows(conn, _VERSIONS, ([f.id for f in fences if f.id],)))
        numbered = [
            msgspec.structs.replace(f, id=f.id or new.pop(), version=known.get(f.id, 0) + 1)
            for f in fences
        ]
        ends = [{"id": f.id, "at": to_datetime(f.valid_from_us)} for f in fences if f.id]
        async with conn.cursor() as cursor:
            if ends:
                await cursor.executemany(END_FENCE.encode(), ends)
            await cursor.executemany(INSERT_FENCE.encode(), map(fence_values, numbered))
    return numbered


async def _rows(
    conn: Connection, query: str, parameters: Sequence[object]
) -> list[tuple[Any, ...]]:
    return await (await conn.execute(query.encode(), parameters)).fetchall()
