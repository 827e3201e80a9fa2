"""A rule on trial beside the live ones of its kind."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query

from api.access import Conn, Reader, State
from api.errors import ApiProblem
from api.registries import rule_kinds
from api.rule_check import invalid
from api.shapes.rulebook import ShadowComparison
from api.times import Time, iso_us, microseconds
from model.rulebook import Rule, Rulebook
from rules.scope import judges
from storage.in_force import rule_in_force, rule_known
from storage.instants import from_datetime
from storage.rulebook import load_devices, load_parents
from storage.shadow import Among, compare_shadow

router = APIRouter(prefix="/rules", tags=["rules"])
DAY_US = 86_400_000_000
MAX_PERIOD_US = 93 * DAY_US


@router.get("/{rule_id}/shadow", response_model=ShadowComparison)
async def compared(
    *,
    rule_id: int,
    state: State,
    conn: Conn,
    caller: Reader,
    since: Annotated[Time | None, Query(alias="from")] = None,
    until: Annotated[Time | None, Query(alias="to")] = None,
    against: int | None = None,
) -> Any:
    """What the rule found on trial and what live rules of its kind raised of the same units.

    Default: the last seven days, against every live rule of the kind.
    """
    now_us = state.services.clock.now_us()
    row = await rule_in_force(conn, caller.organisations, rule_id, now_us)
    if row is None or not (
        against is None or await rule_known(conn, caller.organisations, against)
    ):
        raise ApiProblem("not_found")
    to_us = now_us if until is None else microseconds(until)
    from_us = to_us - 7 * DAY_US if since is None else microseconds(since)
    if not from_us < to_us <= from_us + MAX_PERIOD_US:
        raise invalid("to", "must lie after `from`, at most 93 days")
    rule = msgspec.convert({**row, "valid_from_us": from_datetime(row["valid_from"])}, Rule)
    kind, parents = rule_kinds()[rule.kind], await load_parents(conn)
    book = Rulebook(revision=0, organisation_parents=parents)
    units = [d.id for d in await load_devices(conn) if judges(rule, kind, d, book)]
    among = Among(units, from_us, to_us, against)
    found = await compare_shadow(conn, caller.organisations, row, among)
    return {
        "rule_id": rule_id,
        "from": iso_us(from_us),
        "to": iso_us(to_us),
        **found,
    }
