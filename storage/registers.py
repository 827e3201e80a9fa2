"""Registers a person looks into: organisations, devices, unregistered terminals, quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from model.plates import normal_plate
from storage.instants import to_datetime

Row = dict[str, Any]
MAX_COUNTED = 100_000  # a count for the header need not scan further

_DEVICES = """
SELECT id, organisation_id, identity, protocol, kind, name, plate, tags,
       auto_registered, details, profile
FROM devices WHERE organisation_id = ANY(%(organisations)s)
"""
_DEVICE_COLUMNS = (
    "organisation_id", "identity", "protocol", "kind", "name", "plate", "tags", "code_hash",
    "profile",
)  # fmt: skip


async def _rows(conn: AsyncConnection[Any], query: Any, parameters: Any) -> list[Row]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, parameters)
        return await cursor.fetchall()


async def organisations(conn: AsyncConnection[Any], visible: Sequence[int]) -> list[Row]:
    """`{id, parent_id, name, name_en}` of the visible ones."""
    query = "SELECT id, parent_id, name, name_en FROM organisations WHERE id = ANY(%s) ORDER BY id"
    return await _rows(conn, query, (list(visible),))


async def devices(conn: AsyncConnection[Any], visible: Sequence[int]) -> list[Row]:
    """The register's rows of the visible organisations, by id."""
    return await _rows(conn, _DEVICES + "ORDER BY id", {"organisations": list(visible)})


async def device_ids(conn: AsyncConnection[Any], visible: Sequence[int]) -> list[int]:
    """Ids of the visible devices that have a terminal."""
    cursor = await conn.execute(
        "SELECT id FROM devices WHERE organisation_id = ANY(%s) AND protocol <> 'plate'"
        " ORDER BY id",
        (list(visible),),
    )
    return [row[0] for row in await cursor.fetchall()]


async def known_identities(
    conn: AsyncConnection[Any], identities: Sequence[str]
) -> set[tuple[str, str]]:
    """(protocol, identity) of all registered terminals with one of these identities, whosever."""
    cursor = await conn.execute(
        "SELECT protocol, identity FROM devices WHERE identity = ANY(%s)", (list(identities),)
    )
    return {(row[0], row[1]) for row in await cursor.fetchall()}


async def device(conn: AsyncConnection[Any], visible: Sequence[int], device_id: int) -> Row | None:
    """One visible device."""
    parameters = {"organisations": list(visible), "id": device_id}
    rows = await _rows(conn, _DEVICES + "AND id = %(id)s", parameters)
    return rows[0] if rows else None


async def device_of_identity(
    conn: AsyncConnection[Any], protocol: str, identity: str
) -> int | None:
    """The id of whoever has this identity, visible or not: identities are unique everywhere."""
    cursor = await conn.execute(
        "SELECT id FROM devices WHERE protocol = %s AND identity = %s", (protocol, identity)
    )
    row = await cursor.fetchone()
    return None if row is None else int(row[0])


async def change_device(conn: AsyncConnection[Any], device_id: int, changes: Row) -> None:
    """Set the given columns and bump the rulebook's revision, which the gateway follows."""
    columns = [name for name in _DEVICE_COLUMNS if name in changes]
    if not columns:
        return
    if changes.get("plate"):
        changes = {**changes, "plate": normal_plate(changes["plate"])}
    assignments = ", ".join(f"{name} = %({name})s" for name in columns)
    await conn.execute(
        f"UPDATE devices SET {assignments} WHERE id = %(id)s",  # noqa: S608 names are ours
        {**{name: changes[name] for name in columns}, "id": device_id},
    )
    await conn.execute("UPDATE rulebook_revision SET revision = revision + 1")


async def unjudged(conn: AsyncConnection[Any], visible: Sequence[int]) -> list[Row]:
    """What cannot be judged: `{device_id, rule_id, since, reason, rule_name_zh, rule_name_en}`."""
    query = """
        SELECT u.device_id, u.rule_id, u.since, u.reason,
               r.name_zh AS rule_name_zh, r.name_en AS rule_name_en
        FROM unjudged u JOIN devices d ON d.id = u.device_id
        LEFT JOIN LATERAL (SELECT name_zh, name_en FROM rules WHERE id = u.rule_id
                           ORDER BY version DESC LIMIT 1) r ON true
        WHERE d.organisation_id = ANY(%s) ORDER BY u.device_id, u.rule_id
    """
    return await _rows(conn, query, (list(visible),))


async def unjudged_by(
    conn: AsyncConnection[Any], visible: Sequence[int], rule_id: int
) -> list[Row]:
    """Whom one rule cannot judge: `{device_id, name, plate, since, reason}`, the longest first."""
    query = """
        SELECT u.device_id, d.name, d.plate, u.since, u.reason
        FROM unjudged u JOIN devices d ON d.id = u.device_id
        WHERE d.organisation_id = ANY(%s) AND u.rule_id = %s ORDER BY u.since, u.device_id
    """
    return await _rows(conn, query, (list(visible), rule_id))


async def unregistered(conn: AsyncConnection[Any], limit: int) -> list[Row]:
    """Terminals that knocked and are not in the register, latest first."""
    query = """
        SELECT protocol, identity, peer, attempts, details, first_seen, last_seen
        FROM unregistered ORDER BY last_seen DESC LIMIT %s
    """
    return await _rows(conn, query, (limit,))


async def quarantine(
    conn: AsyncConnection[Any], visible: Sequence[int], ownerless: bool, limit: int
) -> list[Row]:
    """Refused input of visible devices, latest first; `ownerless`: and what names no device."""
    query = """
        SELECT q.id, q.received_at, q.protocol, q.peer, q.identity, q.device_id, q.reason,
               q.detail, q.frame
        FROM quarantine q LEFT JOIN devices d ON d.id = q.device_id
        WHERE d.organisation_id = ANY(%s) OR (%s AND d.id IS NULL)
        ORDER BY q.id DESC LIMIT %s
    """
    return await _rows(conn, query, (list(visible), ownerless, limit))


async def counts(
    conn: AsyncConnection[Any], visible: Sequence[int], ownerless: bool, now_us: int
) -> dict[str, int]:
    """The header's numbers: open, taken, cannot_judge, failing rules, unregistered, quarantined
    (capped)."""
    query = """
        SELECT
          (SELECT count(*) FROM violations v
             WHERE v.status = 'open' AND v.finding = 'standing' AND NOT v.shadow
             AND (v.organisation_id = ANY(%(organisations)s)
                  OR v.responsible_organisation_id = ANY(%(organisations)s))) AS open_violations,
          (SELECT count(*) FROM violations v WHERE v.status = 'taken'
             AND (v.organisation_id = ANY(%(organisations)s)
                  OR v.responsible_organisation_id = ANY(%(organisations)s))) AS taken_violations,
          (SELECT count(DISTINCT u.device_id) FROM unjudged u JOIN devices d ON d.id = u.device_id
             WHERE d.organisation_id = ANY(%(organisations)s)) AS cannot_judge,
          (SELECT count(*) FROM failing_rules f
             JOIN rules r ON r.id = f.rule_id AND r.version = f.version
             WHERE r.organisation_id = ANY(%(organisations)s) AND r.mode <> 'off'
               AND r.valid_to > %(now)s) AS failing_rules,
          (SELECT count(*) FROM unregistered WHERE %(ownerless)s) AS unregistered,
          (SELECT count(*) FROM (
             SELECT 1 FROM quarantine q LEFT JOIN devices d ON d.id = q.device_id
             WHERE d.organisation_id = ANY(%(organisations)s)
                OR (%(ownerless)s AND d.id IS NULL) LIMIT %(most)s) q) AS quarantined
    """
    parameters = {
        "organisations": list(visible),
        "ownerless": ownerless,
        "most": MAX_COUNTED,
        "now": to_datetime(now_us),
    }
    return (await _rows(conn, query, parameters))[0]


async def violations_by_status(conn: AsyncConnection[Any]) -> dict[str, int]:
    """Standing violations of everybody, for the metrics."""
    cursor = await conn.execute(
        "SELECT status, count(*) FROM violations"
        " WHERE finding = 'standing' AND NOT shadow GROUP BY status"
    )
    return dict(await cursor.fetchall())
