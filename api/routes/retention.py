"""How long whose positions and raw frames are kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from api.access import Conn, Connection, Reader, RetentionKeeper, State
from api.errors import ApiProblem
from api.shapes.retention import RetentionChange, Retentions
from api.state import AppState
from storage.retention_rules import (
    RetentionRule,
    remove_retention,
    retention_rules,
    save_retention,
)

router = APIRouter(prefix="/retention", tags=["retention"])


@router.get("", response_model=Retentions)
async def listed(state: State, conn: Conn, caller: Reader) -> Any:
    """The settings, and what visible organisations have instead."""
    return await _all(state, conn, caller.organisations)


@router.put("/{organisation_id}", response_model=Retentions)
async def change(
    organisation_id: int,
    body: RetentionChange,
    state: State,
    conn: Conn,
    caller: RetentionKeeper,
) -> Any:
    """Set or remove one; what is over goes in the coming nights."""
    if not caller.sees(organisation_id):
        raise ApiProblem("not_found")
    if body.days is None:
        await remove_retention(conn, organisation_id, body.data, body.kind)
    else:
        rule = RetentionRule(organisation_id, body.data, body.kind, body.days)
        await save_retention(conn, rule)
    return await _all(state, conn, caller.organisations)


async def _all(state: AppState, conn: Connection, organisations: list[int]) -> Any:
    chosen = state.services.settings.database
    return {
        "settings": {
            "positions": chosen.retention_days, "raw_frames": chosen.raw_frames_days,
        },
        "rules": [asdict(rule) for rule in await retention_rules(conn, organisations)],
    }  # fmt: skip
