"""The register."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter

from api.access import Caller, Conn, Connection, Reader, RegisterEditor, State
from api.errors import ApiProblem
from api.registries import terminal_profiles
from api.shapes.units import Device, DeviceChange, NewDevice
from api.state import AppState
from api.times import iso
from model.codes import code_hash
from model.plates import normal_plate
from model.rulebook import Device as DeviceRecord
from storage.registers import change_device, device, device_of_identity, devices, unjudged
from storage.rulebook import register_device
from storage.sightings import take_over_plate

router = APIRouter(tags=["devices"])
Row = dict[str, Any]


@router.get("/devices", response_model=list[Device])
async def listed(state: State, conn: Conn, caller: Reader) -> Any:
    """Every visible unit with its latest position and the rules that cannot judge it."""
    rows = await devices(conn, caller.organisations)
    return await _shown(state, conn, caller, rows)


@router.post("/devices", response_model=Device, status_code=201)
async def register(body: NewDevice, state: State, conn: Conn, caller: RegisterEditor) -> Any:
    """Register a unit; a terminal of its protocol and identity may log in from now on."""
    organisation_id = body.organisation_id or caller.user.organisation_id
    if not caller.sees(organisation_id):
        raise ApiProblem("not_found")
    if await device_of_identity(conn, body.protocol, body.identity) is not None:
        raise ApiProblem("device_exists", protocol=body.protocol, identity=body.identity)
    values = {**body.model_dump(), "id": 0, "organisation_id": organisation_id}
    registered = await register_device(conn, msgspec.convert(values, DeviceRecord))
    if registered.plate:
        now_us = state.services.clock.now_us()
        await take_over_plate(conn, registered.id, registered.plate, now_us)
    return await _one(state, conn, caller, registered.id)


@router.patch("/devices/{device_id}", response_model=Device)
async def change(
    device_id: int, body: DeviceChange, state: State, conn: Conn, caller: RegisterEditor
) -> Any:
    """Change a unit; what is left out stays."""
    changes = body.model_dump(exclude_unset=True)
    if await device(conn, caller.organisations, device_id) is None:
        raise ApiProblem("not_found")
    if "organisation_id" in changes and not caller.sees(changes["organisation_id"]):
        raise ApiProblem("not_found")
    for name in ("organisation_id", "kind", "name", "tags"):
        if name in changes and changes[name] is None:
            del changes[name]
    known = terminal_profiles(state.services.settings.gateway.profiles_dir)
    if changes.get("profile") and changes["profile"] not in known:
        message = f"is not one of {', '.join(known)}"
        raise ApiProblem("invalid_request", fields=[{"field": "profile", "message": message}])
    if "log_in_code" in changes:
        code = changes.pop("log_in_code")
        changes["code_hash"] = code_hash(code) if code else None
    await change_device(conn, device_id, changes)
    if changes.get("plate"):
        plate, now_us = normal_plate(changes["plate"]), state.services.clock.now_us()
        await take_over_plate(conn, device_id, plate, now_us)
    return await _one(state, conn, caller, device_id)


async def _one(state: AppState, conn: Connection, caller: Caller, device_id: int) -> Row:
    row = await device(conn, caller.organisations, device_id)
    if row is None:
        raise ApiProblem("not_found")
    return (await _shown(state, conn, caller, [row]))[0]


async def _shown(state: AppState, conn: Connection, caller: Caller, rows: list[Row]) -> list[Row]:
    latest = await state.latest.all(conn)
    cannot: dict[int, list[Row]] = {}
    for entry in await unjudged(conn, caller.organisations):
        entry["since"] = iso(entry["since"])
        cannot.setdefault(entry["device_id"], []).append(entry)
    return [
        {
            **row,
            "terminal": row["details"].get("terminal"),
            "last": latest.get(row["id"]),
            "cannot_judge": cannot.get(row["id"], []),
        }
        for row in rows
    ]
