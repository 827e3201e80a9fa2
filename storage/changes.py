"""What a new judgement does to the violations table, its log, corrections, ladder and outbox.

A violation that a person has taken or closed is never changed: the correction is laid beside it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

from model.rulebook import Finding
from model.violations import Change
from storage.instants import to_datetime
from storage.ladder import stop_ladder

Connection = AsyncConnection[Any]


async def apply_changes(
    conn: Connection, changes: Sequence[Change], now_us: int, news_us: int
) -> dict[int, Change]:
    """Carry out changes; each that changed anything, by the id of its violation."""
    made: dict[int, Change] = {}
    for change in changes:
        if change.action != "raise":
            id_ = await _amend(conn, change, now_us, news_us)
            made |= {} if id_ is None else {id_: change}
    raised = [change for change in changes if change.action == "raise"]
    findings = [change.finding for change in raised if change.finding is not None]
    return made | dict(zip(await _raise(conn, findings, now_us, news_us), raised, strict=True))


async def _amend(conn: Connection, change: Change, now_us: int, news_us: int) -> int | None:
    """Update, withdraw or correct; None when nothing changed."""
    assert change.violation is not None
    if change.violation.acted_on:
        return await _correct(conn, change, now_us)
    if change.action == "update":
        return await _update(conn, change, now_us, news_us)
    await conn.execute(
        "UPDATE violations SET finding = 'withdrawn', storm_id = NULL WHERE id = %s",
        (change.violation.id,),
    )
    await stop_ladder(conn, change.violation.id, "withdrawn", now_us)
    await _log(conn, change.violation.id, now_us, "withdrawn", {})
    await _tell(conn, change.violation.id, "withdrawn", now_us)
    return change.violation.id


_RAISE = """
WITH raised AS (
  INSERT INTO violations (organisation_id, responsible_organisation_id, device_id, rule_id,
    rule_version, kind, severity, fence_id, fence_version, started_at, ended_at, last_at,
    longitude_e6, latitude_e6, measures, late, raised_at, found_severity, repeat, shadow)
  VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
    coalesce((SELECT mode = 'shadow' FROM rules WHERE id = %s AND version = %s), false))
  RETURNING id, raised_at, late
), logged AS (
  INSERT INTO violation_log (violation_id, at, action, detail)
  SELECT id, raised_at, 'raised', jsonb_build_object('late', late) FROM raised
)
SELECT id FROM raised
"""


async def _raise(
    conn: Connection, findings: Sequence[Finding], now_us: int, news_us: int
) -> list[int]:
    """Their ids, in order; one round trip for all."""
    if not findings:
        return []
    ids: list[int] = []
    async with conn.cursor() as cursor:
        rows = [_raised_values(finding, now_us, news_us) for finding in findings]
        await cursor.executemany(_RAISE, rows, returning=True)
        more: bool | None = True
        while more:
            ids += [row[0] for row in await cursor.fetchall()]
            more = cursor.nextset()
    return ids


def _raised_values(finding: Finding, now_us: int, news_us: int) -> tuple[Any, ...]:
    return (
        finding.organisation_id,
        finding.responsible_organisation_id,
        finding.device_id,
        finding.rule_id,
        finding.rule_version,
        finding.kind,
        finding.severity,
        finding.fence_id,
        finding.fence_version,
        to_datetime(finding.started_us),
        _ended(finding),
        to_datetime(finding.last_us),
        finding.longitude_e6,
        finding.latitude_e6,
        json.dumps(finding.measures),
        now_us - finding.last_us > news_us,
        to_datetime(now_us),
        finding.severity,
        _repeat(finding),
        finding.rule_id,
        finding.rule_version,
    )


async def _update(conn: Connection, change: Change, now_us: int, news_us: int) -> int:
    finding, violation = change.finding, change.violation
    assert finding is not None
    assert violation is not None
    await conn.execute(
        "UPDATE violations SET rule_version = %s, fence_id = %s, fence_version = %s,"
        " responsible_organisation_id = %s, severity = %s, found_severity = %s, repeat = %s,"
        " shadow = coalesce((SELECT mode = 'shadow' FROM rules WHERE id = %s AND version = %s),"
        " shadow), started_at = %s, ended_at = %s, last_at = %s,"
        " longitude_e6 = %s, latitude_e6 = %s, measures = %s, finding = 'standing'"
        " WHERE id = %s",
        (
            finding.rule_version,
            finding.fence_id,
            finding.fence_version,
            finding.responsible_organisation_id,
            finding.severity,
            finding.severity,
            _repeat(finding),
            finding.rule_id,
            finding.rule_version,
            to_datetime(finding.started_us),
            _ended(finding),
            to_datetime(finding.last_us),
            finding.longitude_e6,
            finding.latitude_e6,
            json.dumps(finding.measures),
            violation.id,
        ),
    )
    if violation.finding == "withdrawn" or finding.started_us != violation.started_us:
        detail = {"started_at": to_datetime(finding.started_us).isoformat()}
        await _log(conn, violation.id, now_us, "corrected_by_late_data", detail)
    if finding.ended_us is not None and violation.ended_us is None:
        await _log(conn, violation.id, now_us, "ended", {})
        if now_us - finding.ended_us <= news_us:
            await _tell(conn, violation.id, "ended", now_us)
    return violation.id


async def _correct(conn: Connection, change: Change, now_us: int) -> int | None:
    """Lay the later insight beside a violation that a person acted on; nothing while it goes on."""
    finding, violation = change.finding, change.violation
    assert violation is not None
    correction: dict[str, Any] = {"withdrawn": True}
    if finding is not None:
        if finding.ended_us is None and finding.started_us == violation.started_us:
            return None
        ended = _ended(finding)
        correction = {
            "started_at": to_datetime(finding.started_us).isoformat(),
            "ended_at": ended.isoformat() if ended else None,
            "measures": finding.measures,
        }
    cursor = await conn.execute(
        "SELECT correction FROM violation_corrections WHERE violation_id = %s"
        " ORDER BY id DESC LIMIT 1",
        (violation.id,),
    )
    previous = await cursor.fetchone()
    if previous is not None and previous[0] == correction:
        return None
    await conn.execute(
        "INSERT INTO violation_corrections (violation_id, made_at, correction) VALUES (%s, %s, %s)",
        (violation.id, to_datetime(now_us), json.dumps(correction)),
    )
    return violation.id


def _repeat(finding: Finding) -> str | None:
    """What is counted; the count itself is settled when all changes of the step are made."""
    if finding.repeat is None:
        return None
    return json.dumps({"count": 0, "days": finding.repeat[0], "limit": finding.repeat[1]})


def _ended(finding: Finding) -> Any:
    return None if finding.ended_us is None else to_datetime(finding.ended_us)


async def _log(
    conn: Connection, violation_id: int, now_us: int, action: str, detail: dict[str, Any]
) -> None:
    await conn.execute(
        "INSERT INTO violation_log (violation_id, at, action, detail) VALUES (%s, %s, %s, %s)",
        (violation_id, to_datetime(now_us), action, json.dumps(detail)),
    )


async def _tell(conn: Connection, violation_id: int, event: str, now_us: int) -> None:
    await conn.execute(
        "INSERT INTO outbox (violation_id, event, due_at)"
        " SELECT id, %s, %s FROM violations WHERE id = %s AND NOT shadow",
        (event, to_datetime(now_us), violation_id),
    )
