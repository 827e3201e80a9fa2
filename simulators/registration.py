"""Puts the simulated city on a server through its API; what is there already is left alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from simulators.api_client import ApiClient
from simulators.city import CityFence, fences
from simulators.fleet import Fleet, Unit
from simulators.rulings import RULINGS, Ruling

EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
SHIFT_S = 12 * 3600
SHIFTS = 8
REGISTER_WAIT_S = 8.0  # a server lets newly registered units in some seconds later


async def register_city(api: ApiClient, fleet: Fleet) -> str:
    """Register units, fences, rules and assignments that are missing, and shifts for this run.

    Returns what was registered in words, "" when everything was there.
    """
    known = {device["identity"]: device["id"] for device in await api.request("GET", "/devices")}
    missing = [unit for unit in fleet.reporting if unit.identity not in known]
    note = ""
    if missing:
        fence_ids, made = await _register_fences(api, fleet)
        rules = await _register_rules(api)
        for unit in missing:
            known[unit.identity] = await _register_unit(api, unit, fence_ids)
        note = f"Registered {len(missing)} units, {made} fences, {rules} rules."
    for unit in fleet.units:
        if unit.shift is not None and unit.role != "day_shift":
            await _plan_shifts(api, known[unit.identity], unit)
    return note


async def _register_fences(api: ApiClient, fleet: Fleet) -> tuple[dict[str, int], int]:
    present = await api.request("GET", "/fences")
    ids = {
        feature["properties"]["code"]: feature["id"]
        for feature in present["features"]
        if feature["properties"].get("code")
    }
    wanted = [fence for fence in fences(fleet.city) if fence.code not in ids]
    for fence in wanted:
        ids[fence.code] = (await api.request("POST", "/fences", json=_feature(fence)))["id"]
    return ids, len(wanted)


def _feature(fence: CityFence) -> dict[str, Any]:
    names = ("name", "code", "shape", "tags", "half_width_m", "radius_m", "waypoints")
    properties = {name: msgspec.to_builtins(getattr(fence, name)) for name in names}
    return {"type": "Feature", "geometry": fence.geometry, "properties": properties}


async def _register_rules(api: ApiClient) -> int:
    """One rule of each kind that has a truth, that the server knows and has no rule of yet."""
    present = {rule["kind"] for rule in await api.request("GET", "/rules")}
    kinds = await api.request("GET", "/rule-kinds")
    wanted = [kind for kind in kinds if kind["name"] in RULINGS and kind["name"] not in present]
    for kind in wanted:
        await api.request("POST", "/rules", json=_rule(RULINGS[kind["name"]], kind))
    return len(wanted)


def _rule(ruling: Ruling, kind: dict[str, Any]) -> dict[str, Any]:
    """A ruling as the server takes it."""
    rule: dict[str, Any] = {
        "kind": ruling.kind,
        "name_zh": kind["zh"],
        "name_en": kind["en"],
        "severity": ruling.severity,
        "scope": {"kinds": ruling.kinds or kind["vehicle_kinds"], "tags": ruling.tags},
        "fence_tags": ruling.fence_tags,
        "parameters": ruling.parameters,
    }
    if ruling.windows is not None:
        windows = [
            {"weekdays": EVERY_DAY, "start_min": start, "end_min": end}
            for start, end in ruling.windows
        ]
        rule["schedule"] = {"windows": windows}
    return rule


async def _register_unit(api: ApiClient, unit: Unit, fence_ids: dict[str, int]) -> int:
    names = ("identity", "protocol", "kind", "name", "plate", "tags")
    body = {name: getattr(unit, name) for name in names}
    device_id = (await api.request("POST", "/devices", json=body))["id"]
    for duty in unit.duties:
        windows = duty.weekly()
        assignment = {
            "device_id": device_id,
            "fence_id": fence_ids[duty.fence_code],
            "purpose": duty.purpose,
            "windows": msgspec.to_builtins(windows) if windows else None,
        }
        await api.request("POST", "/assignments", json=assignment)
    return int(device_id)


async def _plan_shifts(api: ApiClient, device_id: int, unit: Unit) -> None:
    spans = [(number * SHIFT_S, (number + 1) * SHIFT_S) for number in range(SHIFTS)]
    if unit.on_roster:
        spans = unit.shift_spans(SHIFTS * SHIFT_S)
    for starts_s, ends_s in spans:
        from_s = unit.origin_us // 1_000_000
        shift = {"starts_at": _iso(from_s + starts_s), "ends_at": _iso(from_s + ends_s)}
        await api.request("POST", "/shifts", json={"device_id": device_id, **shift})


async def issue_tokens(api: ApiClient, fleet: Fleet) -> dict[str, str]:
    """New tokens, by identity, of the terminals that come by HTTP."""
    by_http = {unit.identity for unit in fleet.reporting if unit.transport == "http"}
    known = await api.identities() if by_http else {}
    return {
        identity: (await api.request("POST", f"/devices/{device_id}/token"))["token"]
        for device_id, identity in known.items()
        if identity in by_http
    }


def _iso(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat()
