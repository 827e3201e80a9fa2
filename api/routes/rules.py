"""Rule kinds, and rules in force; a change makes a new version."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Response

from api.access import Caller, Conn, Connection, Reader, RuleEditor, State
from api.errors import ApiProblem
from api.evidence.rule_text import parameters_of
from api.registries import rule_kinds
from api.rule_check import check_rule, invalid
from api.shapes.rulebook import RuleBody, RuleKindShape, RuleShape
from api.times import iso
from model.rulebook import Rule
from storage.failing import failing_in_force
from storage.in_force import rule_in_force, rules_in_force
from storage.registers import unjudged
from storage.rulebook import end_rule, save_rule

router = APIRouter(tags=["rules"])
Row = dict[str, Any]


@router.get("/rule-kinds", response_model=list[RuleKindShape])
async def kinds(_: Reader) -> Any:
    """What rules there can be, and their thresholds with unit, range, default and basis."""
    return [
        {
            "name": kind.name,
            "family": kind.family,
            "zh": kind.zh,
            "en": kind.en,
            "vehicle_kinds": kind.vehicle_kinds,
            "parameters": [
                {
                    "name": parameter.name,
                    "unit": parameter.unit,
                    "default": default,
                    "minimum": parameter.minimum,
                    "maximum": parameter.maximum,
                    "zh": parameter.zh,
                    "en": parameter.en,
                    "basis": parameter.basis,
                }
                for parameter, default in parameters_of(kind)
            ],
        }
        for kind in rule_kinds().values()
    ]


@router.get("/rules", response_model=list[RuleShape])
async def listed(state: State, conn: Conn, caller: Reader) -> Any:
    """Rules in force of the caller's organisations, and how many units each cannot judge."""
    now_us = state.services.clock.now_us()
    rows = await rules_in_force(conn, caller.organisations, now_us)
    return await _shown(conn, caller, rows, now_us)


@router.post("/rules", response_model=RuleShape, status_code=201)
async def create(body: RuleBody, state: State, conn: Conn, caller: RuleEditor) -> Any:
    """A new rule, in force from now on."""
    organisation_id = body.organisation_id or caller.user.organisation_id
    now_us = state.services.clock.now_us()
    saved = await _save(
        conn, caller, body, id=0, organisation_id=organisation_id, valid_from_us=now_us
    )
    return await _one(conn, caller, saved.id, now_us)


@router.put("/rules/{rule_id}", response_model=RuleShape)
async def change(rule_id: int, body: RuleBody, state: State, conn: Conn, caller: RuleEditor) -> Any:
    """The next version, in force from now on; the kind of a rule cannot change."""
    now_us = state.services.clock.now_us()
    known = await rule_in_force(conn, caller.organisations, rule_id, now_us)
    if known is None:
        raise ApiProblem("not_found")
    if body.kind != known["kind"]:
        raise invalid("kind", "the kind of a rule cannot change; make a new rule")
    organisation_id = body.organisation_id or known["organisation_id"]
    await _save(
        conn, caller, body, id=rule_id, organisation_id=organisation_id, valid_from_us=now_us
    )
    return await _one(conn, caller, rule_id, now_us)


@router.delete("/rules/{rule_id}", status_code=204)
async def end(rule_id: int, state: State, conn: Conn, caller: RuleEditor) -> Response:
    """Out of force from now on; what it has found stays, and the past is judged by it as before."""
    now_us = state.services.clock.now_us()
    if await rule_in_force(conn, caller.organisations, rule_id, now_us) is None:
        raise ApiProblem("not_found")
    await end_rule(conn, rule_id, now_us)
    return Response(status_code=204)


async def _save(conn: Connection, caller: Caller, body: RuleBody, **fixed: int) -> Rule:
    """Store the body with the `fixed` values; `id` 0 makes a new rule."""
    if not caller.sees(fixed["organisation_id"]):
        raise ApiProblem("not_found")
    check_rule(body)
    values = {**body.model_dump(), "version": 1, **fixed}
    return await save_rule(conn, msgspec.convert(values, Rule))


async def _one(conn: Connection, caller: Caller, rule_id: int, now_us: int) -> Row:
    row = await rule_in_force(conn, caller.organisations, rule_id, now_us)
    assert row is not None
    return (await _shown(conn, caller, [row], now_us))[0]


async def _shown(conn: Connection, caller: Caller, rows: list[Row], now_us: int) -> list[Row]:
    cannot: dict[int, int] = {}
    for entry in await unjudged(conn, caller.organisations):
        cannot[entry["rule_id"]] = cannot.get(entry["rule_id"], 0) + 1
    failing = {
        row["id"]: {"since": iso(row["since"]), "error": row["error"]}
        for row in await failing_in_force(conn, now_us, caller.organisations)
    }
    return [
        {
            **row,
            "valid_from": iso(row["valid_from"]),
            "valid_to": iso(row["valid_to"]),
            "cannot_judge": cannot.get(row["id"], 0),
            "failing": failing.get(row["id"]),
        }
        for row in rows
    ]
