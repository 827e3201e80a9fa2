"""Messages and tasks to inspectors, and who of them is near a place."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.access import Commander, Conn, Connection, Reader, State
from api.driver_texts import check_text
from api.errors import ApiProblem
from api.patrol.nearest import nearest_inspectors
from api.patrol.task_view import shown_task, task_of
from api.rule_check import invalid
from api.shapes.patrol_work import NearInspector, TaskBody, TaskShape
from api.times import microseconds
from storage.commands import queue_command
from storage.instants import to_datetime
from storage.patrol_tasks import cancel_task, close_task, list_tasks, save_task
from storage.registers import devices

router = APIRouter(prefix="/patrol", tags=["patrol"])
Row = dict[str, Any]
DAY_S = 86_400


@router.get("/tasks", response_model=list[TaskShape])
async def listed(
    *,
    state: State,
    conn: Conn,
    caller: Reader,
    device_id: int | None = None,
    open: bool = False,
    before_id: int | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Any:
    """Visible messages and tasks, newest first; `open`: those that still want something."""
    filters = {"device_id": device_id, "open": open, "before_id": before_id}
    now_us = state.services.clock.now_us()
    rows = await list_tasks(conn, caller.organisations, filters, limit)
    return [shown_task(row, now_us) for row in rows]


@router.post("/tasks", response_model=list[TaskShape], status_code=201)
async def send(body: TaskBody, state: State, conn: Conn, caller: Commander) -> Any:
    """Send a message or a task; it waits for the handset until the deadline, or a day."""
    now_us = state.services.clock.now_us()
    units = {row["id"]: row for row in await devices(conn, caller.organisations)}
    wanted = list(dict.fromkeys(body.device_ids))
    if any(id_ not in units or units[id_]["kind"] != "inspector" for id_ in wanted):
        raise ApiProblem("not_found")
    if _wait_s(body, now_us) <= 0:
        raise invalid("deadline", "it must lie ahead")
    made = []
    for device_id in wanted:
        command_id = await _queue(conn, caller.user.id, units[device_id], body, now_us)
        values = {
            "organisation_id": units[device_id]["organisation_id"],
            "device_id": device_id,
            "command_id": command_id,
            "kind": body.kind,
            "text": body.text,
            "longitude_e6": round(body.place.longitude * 1e6) if body.place else None,
            "latitude_e6": round(body.place.latitude * 1e6) if body.place else None,
            "deadline": body.deadline,
            "created_by": caller.user.id,
            "created_at": to_datetime(now_us),
        }
        made.append((await save_task(conn, values), command_id))
    await conn.commit()
    for _, command_id in made:
        state.tell_command(command_id)
    return [await task_of(conn, caller.organisations, task_id, now_us) for task_id, _ in made]


@router.post("/tasks/{task_id}/cancel", response_model=TaskShape)
async def cancel(task_id: int, state: State, conn: Conn, caller: Commander) -> Any:
    """No longer wanted."""
    now_us = state.services.clock.now_us()
    await task_of(conn, caller.organisations, task_id, now_us)
    await cancel_task(conn, task_id, now_us)
    return await task_of(conn, caller.organisations, task_id, now_us)


@router.post("/tasks/{task_id}/done", response_model=TaskShape)
async def done(task_id: int, state: State, conn: Conn, caller: Commander) -> Any:
    """Done, as the dispatcher was told by other ways."""
    now_us = state.services.clock.now_us()
    await task_of(conn, caller.organisations, task_id, now_us)
    await close_task(conn, task_id, now_us)
    return await task_of(conn, caller.organisations, task_id, now_us)


@router.get("/nearest", response_model=list[NearInspector])
async def nearest(
    *,
    state: State,
    conn: Conn,
    caller: Reader,
    longitude: Annotated[float, Query(ge=-180, le=180)],
    latitude: Annotated[float, Query(ge=-90, le=90)],
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Any:
    """Inspectors on duty, the nearest by their last place first; `fresh`: heard of lately."""
    return await nearest_inspectors(state, conn, caller, (longitude, latitude), limit)


async def _queue(conn: Connection, by: int, unit: Row, body: TaskBody, now_us: int) -> int:
    """A handset of ours takes tasks; any other terminal takes the text."""
    content: Row = {"text": body.text}
    kind = "text"
    if unit["protocol"] == "handset":
        kind = "task"
        content |= {
            "kind": body.kind,
            "place": [body.place.longitude, body.place.latitude] if body.place else None,
            "deadline_ms": microseconds(body.deadline) // 1_000 if body.deadline else None,
        }
    else:
        check_text(body.text)
    return await queue_command(
        conn, organisation_id=unit["organisation_id"], device_id=unit["id"], kind=kind,
        body=content, created_by=by, now_us=now_us, expires_after_s=_wait_s(body, now_us),
    )  # fmt: skip


def _wait_s(body: TaskBody, now_us: int) -> int:
    """How long the command waits for the handset."""
    if body.deadline is None:
        return DAY_S
    return (microseconds(body.deadline) - now_us) // 1_000_000
