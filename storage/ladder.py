"""The ladder's steps in the database: written when a violation is raised, climbed by alerts/.

A step is claimed by a row lock and done in the same transaction as what it brings about (a command,
an outbox row), so that neither a crash nor a second process tells anybody twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from model.ladder import DEFAULT_LADDERS, LadderStep
from storage.instants import to_datetime

Connection = AsyncConnection[Any]
MAX_CLIMBED = 50

_START = """
INSERT INTO violation_steps (violation_id, step, recipient, unless_ended, due_at)
VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_DUE = """
SELECT s.violation_id, s.step, s.recipient, s.unless_ended, s.due_at, v.organisation_id,
       v.device_id, v.kind, v.severity, v.status, v.finding, v.ended_at, v.storm_id,
       v.incident_id, d.plate
FROM violation_steps s JOIN violations v ON v.id = s.violation_id
JOIN devices d ON d.id = v.device_id
WHERE s.state = 'waiting' AND s.due_at <= %(now)s
ORDER BY s.due_at, s.violation_id, s.step LIMIT %(most)s FOR UPDATE OF s SKIP LOCKED
"""
_RANK = "array_position(ARRAY['info', 'warning', 'serious'], {})"
_INCIDENT_TOLD = f"""
SELECT 1 FROM violation_steps s JOIN violations v ON v.id = s.violation_id
WHERE v.incident_id = %(incident)s AND v.id <> %(id)s AND s.recipient = 'team'
  AND s.state = 'done' AND {_RANK.format("v.severity")} >= {_RANK.format("%(severity)s")}
LIMIT 1
"""  # noqa: S608 the fragments are ours
_LEVEL_UP = f"""
UPDATE violations SET told_severity = severity
WHERE id = ANY(%(ids)s) AND status = 'open' AND finding = 'standing' AND storm_id IS NULL
  AND {_RANK.format("severity")} > {_RANK.format("told_severity")}
RETURNING id, severity
"""  # noqa: S608 the fragments are ours


@dataclass(frozen=True, slots=True)
class DueStep:
    """A step whose time has come, and how its violation stands."""

    violation_id: int
    step: int
    recipient: str
    unless_ended: bool
    due_at: datetime
    organisation_id: int
    device_id: int
    kind: str
    severity: str
    status: str
    finding: str
    ended_at: datetime | None
    storm_id: int | None
    incident_id: int | None
    plate: str | None


async def start_ladders(conn: Connection, waits_us: Mapping[int, int], now_us: int) -> None:
    """Write the steps of violations that were raised (id -> how long they wait in any case): their
    rule's, or their severity's own. Of a late one, or one found on trial, there are none."""
    if not waits_us:
        return
    cursor = await conn.execute(
        "UPDATE violations v SET told_severity = v.severity FROM violations o"
        " LEFT JOIN rules r ON r.id = o.rule_id AND r.version = o.rule_version"
        " WHERE v.id = ANY(%s) AND o.id = v.id AND NOT v.late AND NOT v.shadow"
        " RETURNING v.id, v.severity, r.ladder, v.storm_id",
        (list(waits_us),),
    )
    started = await cursor.fetchall()
    values = [
        (
            *(id_, number, step.to, step.unless_ended),
            to_datetime(now_us + waits_us[id_] + step.after_s * 1_000_000),
        )
        for id_, severity, ladder, _ in started
        for number, step in enumerate(_steps_of(severity, ladder))
    ]
    async with conn.cursor() as many:
        await many.executemany(_START, values)
    await hold_back(conn, [row[0] for row in started if row[3] is not None], now_us)


def _steps_of(severity: str, ladder: Any) -> tuple[LadderStep, ...]:
    if ladder is None:
        return DEFAULT_LADDERS[severity]
    return msgspec.convert(ladder, tuple[LadderStep, ...])


async def level_up(conn: Connection, violation_ids: Iterable[int], now_us: int) -> None:
    """Of those more severe than what was told: who has heard hears of it, and what waits is due
    now. Once a level; nothing for a violation of which nobody was to be told."""
    cursor = await conn.execute(_LEVEL_UP, {"ids": sorted(violation_ids)})
    risen = sorted(await cursor.fetchall())
    if not risen:
        return
    ids, now = [row[0] for row in risen], to_datetime(now_us)
    await conn.execute(
        "UPDATE violation_steps SET due_at = least(due_at, %s)"
        " WHERE violation_id = ANY(%s) AND state = 'waiting'",
        (now, ids),
    )
    async with conn.cursor() as many:
        await many.executemany(
            "INSERT INTO outbox (violation_id, event, due_at) VALUES (%s, 'escalated', %s)",
            [(id_, now) for id_ in ids],
        )
        await many.executemany(
            "INSERT INTO violation_log (violation_id, at, action, detail)"
            " VALUES (%s, %s, 'escalated', %s)",
            [(id_, now, Jsonb({"severity": severity})) for id_, severity in risen],
        )


async def hold_back(conn: Connection, violation_ids: Sequence[int], now_us: int) -> None:
    """A storm took these: what waits is told to nobody."""
    await _stop(conn, violation_ids, "inhibited", now_us)


async def stop_ladder(conn: Connection, violation_id: int, reason: str, now_us: int) -> None:
    """Somebody has it (`taken`), or it was none (`withdrawn`): what waits is told to nobody."""
    await _stop(conn, [violation_id], reason, now_us)


async def _stop(conn: Connection, violation_ids: Sequence[int], reason: str, now_us: int) -> None:
    if violation_ids:
        await conn.execute(
            "UPDATE violation_steps SET state = 'stopped', reason = %s, done_at = %s"
            " WHERE violation_id = ANY(%s) AND state = 'waiting'",
            (reason, to_datetime(now_us), list(violation_ids)),
        )


async def resume(conn: Connection, violation_ids: Sequence[int], since_us: int) -> None:
    """It was no storm after all: go on with what was held back, if it still is news."""
    if violation_ids:
        await conn.execute(
            "UPDATE violation_steps s SET state = 'waiting', reason = NULL, done_at = NULL"
            " FROM violations v WHERE v.id = s.violation_id AND v.raised_at >= %s"
            " AND s.violation_id = ANY(%s) AND s.state = 'stopped' AND s.reason = 'inhibited'",
            (to_datetime(since_us), list(violation_ids)),
        )


async def due_steps(conn: Connection, now_us: int) -> list[DueStep]:
    """Steps that are due, locked for this transaction; those that another process has are left
    out."""
    values = {"now": to_datetime(now_us), "most": MAX_CLIMBED}
    async with conn.cursor(row_factory=class_row(DueStep)) as cursor:
        await cursor.execute(_DUE, values)
        return await cursor.fetchall()


async def incident_told(conn: Connection, step: DueStep) -> bool:
    """Whether the team knows of the incident by a violation at least as severe. Waits for whoever
    is about to tell."""
    if step.incident_id is None:
        return False
    await conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, step.incident_id % 2**31))
    values = {
        "incident": step.incident_id,
        "id": step.violation_id,
        "severity": step.severity,
    }
    return await (await conn.execute(_INCIDENT_TOLD.encode(), values)).fetchone() is not None


_LOCK = 0x1AD  # the advisory locks of incidents


async def note_step(
    conn: Connection, step: DueStep, state: str, reason: str | None, now_us: int
) -> None:
    """What came of a step, in the ladder and in the violation's log."""
    now = to_datetime(now_us)
    await conn.execute(
        "UPDATE violation_steps SET state = %s, reason = %s, done_at = %s"
        " WHERE violation_id = %s AND step = %s",
        (state, reason, now, step.violation_id, step.step),
    )
    detail = {"to": step.recipient, "state": state}
    if reason is not None:
        detail["reason"] = reason
    await conn.execute(
        "INSERT INTO violation_log (violation_id, at, action, detail)"
        " VALUES (%s, %s, 'ladder', %s)",
        (step.violation_id, now, Jsonb(detail)),
    )


async def tell_audience(conn: Connection, violation_id: int, audience: str, now_us: int) -> None:
    """The violation goes out to the receivers of the company, or of the team."""
    await conn.execute(
        "INSERT INTO outbox (violation_id, event, due_at, audience) VALUES (%s, 'raised', %s, %s)",
        (violation_id, to_datetime(now_us), audience),
    )


async def announce_storm(conn: Connection, storm_id: int, due_us: int) -> None:
    """One announcement for all that the storm took, if any of it is news."""
    await conn.execute(
        "INSERT INTO outbox (storm_id, event, due_at) SELECT %s, 'storm', %s"
        " WHERE EXISTS (SELECT 1 FROM violations WHERE storm_id = %s AND NOT late)",
        (storm_id, to_datetime(due_us), storm_id),
    )
