"""Violations: the list, the evidence card, and open -> taken -> closed."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal, NoReturn

from fastapi import APIRouter, Query, Response

from api.access import Caller, Conn, Connection, Reader, State, Warner, Worker
from api.driver_texts import check_text, driver_text
from api.errors import ApiProblem
from api.evidence.archive import archive
from api.evidence.card import evidence_card
from api.evidence.pack import frozen_content
from api.photos import photo_response
from api.shapes.commands import Command
from api.shapes.violations import Closing, EvidenceCard, Violation, Warning
from api.times import Time, iso
from api.violation_view import command_json, person, violation_json
from pipeline.outcomes import settle_repeats
from storage.commands import find_command, queue_command
from storage.evidence import freeze_evidence, read_pack
from storage.violations import (
    Act,
    add_log,
    close_violation,
    find_violation,
    list_violations,
    take_violation,
)

router = APIRouter(prefix="/violations", tags=["violations"])
Row = dict[str, Any]


async def _visible(conn: Connection, caller: Caller, violation_id: int) -> Row:
    row = await find_violation(conn, caller.organisations, violation_id)
    if row is None:
        raise ApiProblem("not_found")
    return row


@router.get("", response_model=list[Violation])
async def listed(
    *,
    conn: Conn,
    caller: Reader,
    status: Literal["open", "taken", "closed"] | None = None,
    kind: str | None = None,
    device_id: int | None = None,
    since: Annotated[Time | None, Query(alias="from")] = None,
    until: Annotated[Time | None, Query(alias="to")] = None,
    before_id: int | None = None,
    shadow: bool = False,
    inhibited: bool | None = None,
    incident_id: int | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Any:
    """Visible violations, newest first; the next page starts at `before_id` of the last one.

    `shadow`: instead what rules on trial found. `inhibited`: only those of a storm, or none of
    them.
    """
    filters = {
        "status": status,
        "kind": kind,
        "device_id": device_id,
        "from": since,
        "to": until,
        "before_id": before_id,
        "shadow": shadow,
        "inhibited": inhibited,
        "incident_id": incident_id,
    }
    rows = await list_violations(conn, caller.organisations, filters, limit)
    return [violation_json(row) for row in rows]


@router.get("/{violation_id}", response_model=EvidenceCard)
async def card(violation_id: int, conn: Conn, caller: Reader) -> Any:
    """The evidence card; of a closed violation as it was frozen then."""
    return await evidence_card(conn, await _visible(conn, caller, violation_id))


@router.get("/{violation_id}/photos/{sha256}")
async def photo(
    violation_id: int, sha256: str, state: State, conn: Conn, caller: Reader
) -> Response:
    """A picture that its evidence names."""
    shown = await evidence_card(conn, await _visible(conn, caller, violation_id))
    if all(sha256 != photo["sha256"] for photo in shown["photos"]):
        raise ApiProblem("not_found")
    return await photo_response(state, conn, sha256)


@router.get("/{violation_id}/evidence.zip")
async def evidence(violation_id: int, state: State, conn: Conn, caller: Reader) -> Response:
    """The frozen evidence as a file that stands alone."""
    await _visible(conn, caller, violation_id)
    pack = await read_pack(conn, violation_id)
    if pack is None:
        raise ApiProblem("evidence_not_frozen")
    name = f"evidence-{violation_id}.zip"
    return Response(
        await asyncio.to_thread(archive, pack, state.media),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.post("/{violation_id}/take", response_model=Violation)
async def take(violation_id: int, state: State, conn: Conn, caller: Worker) -> Any:
    """open -> taken; of two officers one gets it, the other learns who has it."""
    act = Act(caller.user.id, state.services.clock.now_us())
    taken = await take_violation(conn, caller.organisations, violation_id, act)
    row = await _visible(conn, caller, violation_id)
    if not taken:
        _refuse(row)
    await conn.commit()
    state.tell_violation(violation_id)
    return violation_json(row)


@router.post("/{violation_id}/close", response_model=Violation)
async def close(violation_id: int, body: Closing, state: State, conn: Conn, caller: Worker) -> Any:
    """taken -> closed by whoever took it, or by a chief; the evidence is frozen with it."""
    act = Act(caller.user.id, state.services.clock.now_us())
    closed = await close_violation(
        conn,
        caller.organisations,
        violation_id,
        act,
        body.model_dump(),
        others_too=caller.user.role == "chief",
    )
    row = await _visible(conn, caller, violation_id)
    if not closed:
        _refuse(row)
    content = await frozen_content(conn, row)
    photos = [photo["sha256"] for photo in content["photos"]]
    if body.result == "false_alarm":
        await settle_repeats(conn, [(row["device_id"], row["rule_id"])])
    await freeze_evidence(conn, violation_id, content, photos, act.at_us)
    await conn.commit()
    state.tell_violation(violation_id)
    return violation_json(row)


@router.post("/{violation_id}/warn", response_model=Command, status_code=201)
async def warn(violation_id: int, body: Warning, state: State, conn: Conn, caller: Warner) -> Any:
    """Text to the driver's terminal; a company may warn its own drivers only."""
    row = await _visible(conn, caller, violation_id)
    if caller.user.role == "company" and not caller.sees(row["organisation_id"]):
        raise ApiProblem("forbidden", role="company", permission="warn")
    if row["shadow"]:
        raise ApiProblem("violation_shadow")
    now_us = state.services.clock.now_us()
    text = check_text(body.text or driver_text(row["kind"], row["device_plate"]))
    command_id = await queue_command(
        conn,
        organisation_id=row["organisation_id"],
        device_id=row["device_id"],
        violation_id=violation_id,
        kind="text",
        body={"text": text, "flags": body.flags},
        created_by=caller.user.id,
        now_us=now_us,
    )
    detail = {"command_id": command_id, "text": text}
    await add_log(conn, violation_id, Act(caller.user.id, now_us), "warned", detail)
    queued = await find_command(conn, caller.organisations, command_id)
    assert queued is not None
    await conn.commit()
    state.tell_command(command_id)
    return command_json(queued)


def _refuse(row: Row) -> NoReturn:
    """Say why a violation cannot be taken or closed."""
    if row["shadow"]:
        raise ApiProblem("violation_shadow")
    if row["finding"] == "withdrawn" and row["status"] == "open":
        raise ApiProblem("violation_withdrawn")
    if row["status"] == "open":
        raise ApiProblem("violation_not_taken")
    if row["status"] == "closed":
        closed_by = person(row["closed_by"], row["closed_by_name"])
        raise ApiProblem("violation_closed", closed_by=closed_by, closed_at=iso(row["closed_at"]))
    raise ApiProblem(
        "violation_taken",
        holder=row["taken_by_name"],
        taken_by=person(row["taken_by"], row["taken_by_name"]),
        taken_at=iso(row["taken_at"]),
    )
