"""What the rules' worker reads and writes: journal, snapshots, violations, outbox, in one epoch.

All writes of a step happen in one transaction that also moves `judged` on, under the epoch that
the worker took when it started: a worker that has been replaced finds its epoch gone and writes
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from psycopg import AsyncConnection

from model.violations import StoredViolation
from storage.instants import from_datetime, to_datetime

Connection = AsyncConnection[Any]


class LostEpochError(Exception):
    """Another worker has taken over this partition."""


class JournalRow(msgspec.Struct, frozen=True):
    """A committed batch: `touched` maps each device to its earliest new fix."""

    id: int
    tick_us: int
    touched: dict[int, int]


async def take_epoch(conn: Connection) -> tuple[int, int, int | None]:
    """Become the worker: (epoch, last judged journal id, last judged tick or None)."""
    cursor = await conn.execute(
        "UPDATE judged SET epoch = epoch + 1 WHERE partition = 0 RETURNING epoch, journal_id, tick"
    )
    row = await cursor.fetchone()
    assert row is not None
    return row[0], row[1], from_datetime(row[2]) if row[2] else None


async def journal_after(conn: Connection, journal_id: int) -> list[JournalRow]:
    """Committed batches that nobody has judged yet, oldest first."""
    cursor = await conn.execute(
        "SELECT id, tick, device_ids, from_times FROM ingest_journal WHERE id > %s ORDER BY id",
        (journal_id,),
    )
    return [
        JournalRow(
            row[0],
            from_datetime(row[1]),
            {id_: from_datetime(time) for id_, time in zip(row[2], row[3], strict=True)},
        )
        for row in await cursor.fetchall()
    ]


async def latest_snapshots(conn: Connection) -> dict[int, tuple[int, bytes]]:
    """The newest snapshot of each device: (time, state)."""
    cursor = await conn.execute(
        "SELECT DISTINCT ON (device_id) device_id, time, state FROM snapshots"
        " ORDER BY device_id, time DESC"
    )
    return {row[0]: (from_datetime(row[1]), bytes(row[2])) for row in await cursor.fetchall()}


async def snapshot_before(
    conn: Connection, device_id: int, time_us: int
) -> tuple[int, bytes] | None:
    """The newest snapshot strictly before a fix time."""
    cursor = await conn.execute(
        "SELECT time, state FROM snapshots WHERE device_id = %s AND time < %s"
        " ORDER BY time DESC LIMIT 1",
        (device_id, to_datetime(time_us)),
    )
    row = await cursor.fetchone()
    return (from_datetime(row[0]), bytes(row[1])) if row else None


async def snapshots_from(conn: Connection, device_id: int, time_us: int) -> dict[int, bytes]:
    """Snapshots at and after a time, in order."""
    cursor = await conn.execute(
        "SELECT time, state FROM snapshots WHERE device_id = %s AND time >= %s ORDER BY time",
        (device_id, to_datetime(time_us)),
    )
    return {from_datetime(row[0]): bytes(row[1]) for row in await cursor.fetchall()}


async def stored_violations(
    conn: Connection, device_ids: Sequence[int], since_us: int
) -> list[StoredViolation]:
    """Violations of these devices that reach past a time, locked against people's clicks.

    Not against rows that only refer to them: the ladder writes its log in an order of its own, and
    the two would wait for each other.
    """
    cursor = await conn.execute(
        "SELECT id, device_id, rule_id, started_at, ended_at, last_at, status, finding,"
        " CASE WHEN measures ? 'duty' THEN measures ELSE '{}' END, rule_version, kind"
        " FROM violations WHERE device_id = ANY(%s) AND last_at >= %s ORDER BY id"
        " FOR NO KEY UPDATE",
        (list(device_ids), to_datetime(since_us)),
    )
    return [
        StoredViolation(
            id=row[0],
            device_id=row[1],
            rule_id=row[2],
            started_us=from_datetime(row[3]),
            ended_us=from_datetime(row[4]) if row[4] else None,
            last_us=from_datetime(row[5]),
            status=row[6],
            finding=row[7],
            measures=row[8],
            rule_version=row[9],
            kind=row[10],
        )
        for row in await cursor.fetchall()
    ]


async def told_beyond(
    conn: Connection, kinds: Sequence[str]
) -> dict[tuple[int, int, int, str], int]:
    """Standing violations of these kinds that reach beyond their device's newest snapshot:
    (device, rule, start, duty) -> last."""
    cursor = await conn.execute(
        "SELECT device_id, rule_id, started_at, coalesce(measures->>'duty', ''), last_at"
        " FROM violations v WHERE kind = ANY(%s) AND finding = 'standing'"
        " AND last_at > coalesce((SELECT max(s.time) FROM snapshots s"
        "  WHERE s.device_id = v.device_id), '-infinity')",
        (list(kinds),),
    )
    return {
        (row[0], row[1], from_datetime(row[2]), row[3]): from_datetime(row[4])
        for row in await cursor.fetchall()
    }


async def move_on(
    conn: Connection,
    epoch: int,
    journal_id: int,
    tick_us: int,
    snapshots: Sequence[tuple[int, int, bytes]],
) -> None:
    """Record how far is judged, and keep (device, time, state) rows; a newer state of the same time
    replaces the older. One statement: most steps write nothing else, and need no transaction.

    Raises LostEpochError, and has then written nothing; call it first in the transaction.
    """
    cursor = await conn.execute(
        "WITH moved AS (UPDATE judged SET journal_id = greatest(journal_id, %s), tick = %s"
        "  WHERE partition = 0 AND epoch = %s RETURNING partition),"
        " kept AS (INSERT INTO snapshots SELECT s.*"
        "  FROM moved, unnest(%s::int[], %s::timestamptz[], %s::bytea[]) s"
        "  ON CONFLICT (device_id, time) DO UPDATE SET state = excluded.state)"
        " SELECT partition FROM moved",
        (
            journal_id,
            to_datetime(tick_us),
            epoch,
            [row[0] for row in snapshots],
            [to_datetime(row[1]) for row in snapshots],
            [row[2] for row in snapshots],
        ),
    )
    if await cursor.fetchone() is None:
        raise LostEpochError("another worker judges this partition now")


async def mark_judged(conn: Connection, violation_ids: Sequence[int], tick_us: int) -> None:
    """Note what the rules knew when they wrote these findings: all that was received before the
    tick. Those that a person has acted on stay as they were."""
    if not violation_ids:
        return
    await conn.execute(
        "UPDATE violations SET judged_until = %s WHERE id = ANY(%s) AND status = 'open'",
        (to_datetime(tick_us), list(violation_ids)),
    )


async def stored_unjudged(conn: Connection) -> dict[int, dict[int, tuple[int, str]]]:
    """As `save_unjudged` was given it."""
    cursor = await conn.execute("SELECT device_id, rule_id, since, reason FROM unjudged")
    found: dict[int, dict[int, tuple[int, str]]] = {}
    for device_id, rule_id, since, reason in await cursor.fetchall():
        found.setdefault(device_id, {})[rule_id] = from_datetime(since), reason
    return found


async def save_unjudged(
    conn: Connection, unjudged: Mapping[int, Mapping[int, tuple[int, str]]]
) -> None:
    """Replace the list of rules that cannot judge each of these devices."""
    if not unjudged:
        return
    await conn.execute("DELETE FROM unjudged WHERE device_id = ANY(%s)", (list(unjudged),))
    rows = [
        (device_id, rule_id, to_datetime(since_us), reason)
        for device_id, by_rule in unjudged.items()
        for rule_id, (since_us, reason) in by_rule.items()
    ]
    async with conn.cursor() as cursor:
        await cursor.executemany("INSERT INTO unjudged VALUES (%s, %s, %s, %s)", rows)
