"""Why nothing was raised of a unit by a rule, at a time or over a period; and whom a rule cannot
judge."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.access import Caller, Conn, Connection, Reader, State
from api.errors import ApiProblem
from api.periods import checked_period
from api.rule_check import invalid
from api.shapes.why_not import CannotJudgeUnit, WhyNot, WhyNotPeriod
from api.times import Time, iso, iso_us, microseconds
from api.why_not_view import answer_json, runs_json
from model.rulebook import Device
from pipeline.why_not import ask_why_not, ask_why_not_between
from rules.why_not_words import reason_words
from storage.in_force import rule_in_force, rule_known
from storage.registers import device, unjudged_by

router = APIRouter(tags=["rules"])
MAX_DAYS = 1


@router.get("/why-not", response_model=WhyNot | WhyNotPeriod)
async def why_not(
    *,
    state: State,
    conn: Conn,
    caller: Reader,
    device_id: int,
    rule_id: int,
    at: Annotated[Time | None, Query()] = None,
    since: Annotated[Time | None, Query(alias="from")] = None,
    until: Annotated[Time | None, Query(alias="to")] = None,
) -> Any:
    """The first thing that stood against a violation, in words; `at` null: now. With `from` and
    `to`, at most a day, the answers over the period."""
    unit = await _unit(conn, caller, device_id, rule_id)
    now_us = state.services.clock.now_us()
    if since is not None or until is not None:
        if at is not None or since is None or until is None:
            raise invalid("from", "ask with from and to, or with at")
        checked_period(since, until, MAX_DAYS)
        period_us = microseconds(since), min(microseconds(until), now_us)
        if period_us[0] >= period_us[1]:
            raise invalid("from", "lies in the future")
        return runs_json(
            device_id, rule_id, await ask_why_not_between(conn, unit, rule_id, period_us)
        )
    at_us = now_us if at is None else microseconds(at)
    if at_us > now_us:
        raise invalid("at", "lies in the future")
    found = await ask_why_not(conn, unit, rule_id, at_us)
    shown = answer_json(found)
    return {"device_id": device_id, "rule_id": rule_id, "at": iso_us(at_us), **shown}


@router.get("/rules/{rule_id}/cannot-judge", response_model=list[CannotJudgeUnit])
async def cannot_judge(rule_id: int, state: State, conn: Conn, caller: Reader) -> Any:
    """The units that a rule of the caller's organisations cannot judge, the longest first."""
    now_us = state.services.clock.now_us()
    if await rule_in_force(conn, caller.organisations, rule_id, now_us) is None:
        raise ApiProblem("not_found")
    return [
        {
            "device": {"id": row["device_id"], "name": row["plate"] or row["name"]},
            "since": iso(row["since"]),
            "reason": row["reason"],
            **dict(zip(("zh", "en"), reason_words(row["reason"]), strict=True)),
        }
        for row in await unjudged_by(conn, caller.organisations, rule_id)
    ]


async def _unit(conn: Connection, caller: Caller, device_id: int, rule_id: int) -> Device:
    known = await device(conn, caller.organisations, device_id)
    if known is None or not await rule_known(conn, caller.organisations, rule_id):
        raise ApiProblem("not_found")
    return Device(**{name: known[name] for name in Device.__struct_fields__})
