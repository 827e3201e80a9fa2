"""How long whose positions and raw frames are kept: rules of organisations and kinds of unit.

For a unit holds the rule of the nearest organisation upwards that has one for it; there, the one
for its kind before the one for every kind; where none has, the settings. A unit's rows go by the
organisation that it is of now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from storage.database import Connection

Data = Literal["positions", "raw_frames"]
MAX_DAYS = 3_650

_SAVE = """
INSERT INTO retention_rules (organisation_id, data, kind, days) VALUES (%s, %s, %s, %s)
ON CONFLICT (organisation_id, data, kind) DO UPDATE SET days = excluded.days
"""
_REMOVE = "DELETE FROM retention_rules WHERE organisation_id = %s AND data = %s AND kind = %s"
_VISIBLE = """
SELECT organisation_id, data, kind, days FROM retention_rules
WHERE organisation_id = ANY(%s) ORDER BY organisation_id, data, kind
"""
_UNITS = """
SELECT id, organisation_id, kind FROM devices WHERE %(device)s::int IS NULL OR id = %(device)s
"""


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """`kind` None: units of every kind."""

    organisation_id: int
    data: Data
    kind: str | None
    days: int


async def retention_rules(conn: Connection, organisations: Sequence[int]) -> list[RetentionRule]:
    """Those of these organisations."""
    cursor = await conn.execute(_VISIBLE, (list(organisations),))
    return [
        RetentionRule(row[0], row[1], row[2] or None, row[3]) for row in await cursor.fetchall()
    ]


async def save_retention(conn: Connection, rule: RetentionRule) -> None:
    """Enter or change one."""
    values = (rule.organisation_id, rule.data, rule.kind or "", rule.days)
    await conn.execute(_SAVE, values)


async def remove_retention(
    conn: Connection, organisation_id: int, data: Data, kind: str | None
) -> bool:
    """Whether there was one."""
    cursor = await conn.execute(_REMOVE, (organisation_id, data, kind or ""))
    return bool(cursor.rowcount)


async def kept_days(conn: Connection, data: Data, device_id: int | None = None) -> dict[int, int]:
    """Days of each unit (or of one) that a rule says something else for than the settings."""
    cursor = await conn.execute(
        "SELECT organisation_id, kind, days FROM retention_rules WHERE data = %s", (data,)
    )
    days = {(organisation, kind): kept for organisation, kind, kept in await cursor.fetchall()}
    if not days:
        return {}
    parents = await conn.execute("SELECT id, parent_id FROM organisations")
    above: dict[int, int | None] = dict(await parents.fetchall())
    units = await conn.execute(_UNITS, {"device": device_id})
    found = {}
    for unit, organisation, kind in await units.fetchall():
        kept = _days_of(organisation, kind, days, above)
        if kept is not None:
            found[unit] = kept
    return found


async def longest_days(conn: Connection, data: Data, usual: int) -> int:
    """The most that anybody's is kept; `usual`: where no rule holds."""
    return max(usual, *(await kept_days(conn, data)).values(), 1)


async def units_without(conn: Connection, ruled: Collection[int]) -> list[int]:
    """Units for which no rule holds."""
    cursor = await conn.execute(
        "SELECT id FROM devices WHERE id <> ALL(%s) ORDER BY id", (list(ruled),)
    )
    return [row[0] for row in await cursor.fetchall()]


def _days_of(
    organisation: int | None,
    kind: str,
    days: Mapping[tuple[int, str], int],
    above: Mapping[int, int | None],
) -> int | None:
    while organisation is not None:
        kept = days.get((organisation, kind), days.get((organisation, "")))
        if kept is not None:
            return kept
        organisation = above.get(organisation)
    return None
