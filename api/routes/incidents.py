"""Incidents, one line for violations that belong together, and storms."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from api.access import Conn, Reader
from api.errors import ApiProblem
from api.incident_view import incident_json, storm_json
from api.shapes.incidents import Incident, Storm
from api.times import Time
from storage.together import list_incidents, list_storms
from storage.violations import violations_of_incidents

router = APIRouter(tags=["violations"])


@router.get("/incidents", response_model=list[Incident])
async def incidents(
    *,
    conn: Conn,
    caller: Reader,
    status: Literal["open", "taken", "closed"] | None = None,
    device_id: int | None = None,
    since: Annotated[Time | None, Query(alias="from")] = None,
    until: Annotated[Time | None, Query(alias="to")] = None,
    before_id: int | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Any:
    """Incidents with a visible violation of the filters, newest first, whole."""
    filters = {
        "status": status,
        "device_id": device_id,
        "from": since,
        "to": until,
        "before_id": before_id,
    }
    ids = await list_incidents(conn, caller.organisations, filters, limit)
    rows = await violations_of_incidents(conn, caller.organisations, ids)
    return [incident_json([row for row in rows if row["incident_id"] == id_]) for id_ in ids]


@router.get("/incidents/{incident_id}", response_model=Incident)
async def incident(incident_id: int, conn: Conn, caller: Reader) -> Any:
    """One incident, as far as it is visible."""
    rows = await violations_of_incidents(conn, caller.organisations, [incident_id])
    if not rows:
        raise ApiProblem("not_found")
    return incident_json(rows)


@router.get("/storms", response_model=list[Storm])
async def storms(
    conn: Conn,
    caller: Reader,
    before_id: int | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Any:
    """Times in which many units of a visible organisation fell silent or lost GNSS together."""
    rows = await list_storms(conn, caller.organisations, before_id, limit)
    return [storm_json(row) for row in rows]
