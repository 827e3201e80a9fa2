"""Why nothing was raised of a unit by a rule at a time."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query

from api.access import Conn, Reader, State
from api.errors import ApiProblem
from api.rule_check import invalid
from api.shapes.why_not import WhyNot
from api.times import Time, iso_us, microseconds
from model.rulebook import Device
from pipeline.why_not import ask_why_not
from storage.in_force import rule_known
from storage.registers import device

router = APIRouter(tags=["rules"])


@router.get("/why-not", response_model=WhyNot)
async def why_not(
    *,
    state: State,
    conn: Conn,
    caller: Reader,
    device_id: int,
    rule_id: int,
    at: Annotated[Time | None, Query()] = None,
) -> Any:
    """The first thing that stood against a violation, in words; `at` null: now."""
    known = await device(conn, caller.organisations, device_id)
    if known is None or not await rule_known(conn, caller.organisations, rule_id):
        raise ApiProblem("not_found")
    now_us = state.services.clock.now_us()
    at_us = now_us if at is None else microseconds(at)
    if at_us > now_us:
        raise invalid("at", "lies in the future")
    values = {name: known[name] for name in Device.__struct_fields__}
    unit = msgspec.convert(values, Device)
    found = await ask_why_not(conn, unit, rule_id, at_us)
    shown = msgspec.to_builtins(found)
    fix_us = shown.pop("fix_us")
    return {
        "device_id": device_id,
        "rule_id": rule_id,
        "at": iso_us(at_us),
        "fix_at": None if fix_us is None else iso_us(fix_us),
        **shown,
    }
