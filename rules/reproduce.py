"""A finding made again from what evidence keeps: the same engine, the same inputs, byte for byte.

Pure. What is kept is one unit's world: the rule's versions, fences, rosters and permits as they
were, the state at a snapshot, and the positions that the rules knew when they wrote the finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import numpy as np

from model.canonical import canonical_json
from model.fences import Fence
from model.position import FixSource, Rows
from model.rulebook import Device, Finding, Rulebook
from rules.contract import RuleKind
from rules.engine import Engine
from rules.state import DeviceState, decode

NEAR_E6 = 50_000  # fences so far around the track (0.05 degree, 4 to 5.5 km) come along


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """`state`: after every fix up to `after_us` (None: nothing is known); `rows`: those after it.

    `tick_us`: what had been received before it, the rules knew.
    """

    rulebook: Rulebook
    device_id: int
    after_us: int
    state: bytes | None
    rows: Rows
    tick_us: int


def finding_bytes(finding: Finding) -> bytes:
    """What "byte for byte" compares."""
    return canonical_json(msgspec.to_builtins(finding))


def reproduce(case: Case, wanted: Finding, kinds: Mapping[str, RuleKind]) -> Finding | None:
    """The finding, made again; None when the engine never says it.

    Raises RuntimeError: the rule stopped itself.
    """
    engine = Engine(case.rulebook, kinds)
    data = finding_bytes(wanted)
    for found in _told(engine, case, wanted.last_us):
        if found.started_us == wanted.started_us and finding_bytes(found) == data:
            return found
    if engine.failing:
        raise RuntimeError("; ".join(engine.failing.values()))
    return None


def _told(engine: Engine, case: Case, last_us: int) -> Iterator[Finding]:
    """All that the engine says, in its order; after `last_us` it is asked at every fix."""
    id_ = case.device_id
    states = {id_: DeviceState() if case.state is None else decode(case.state)}
    rows = case.rows[np.argsort(case.rows["time_us"], kind="stable")]
    times = rows["time_us"]
    first = int(np.searchsorted(times, last_us, side="right"))
    cuts = [first, *(np.flatnonzero(np.diff(times[first:])) + first + 1).tolist(), len(rows)]
    begin = 0
    for cut in cuts:
        yield from engine.advance(states, rows[begin:cut])
        yield from engine.ongoing(id_, states[id_])
        if begin == 0:
            yield from engine.at_tick(states, last_us)
        begin = cut
    yield from engine.at_tick(states, case.tick_us)


def own_world(
    rulebook: Rulebook, device: Device, rule_id: int, rows: Rows, *, everywhere: bool
) -> Rulebook:
    """What of the rulebook this unit's findings by this rule can depend on in the time of `rows`.

    `everywhere`: with all fences in force then, not only those named or near the track.
    """
    from_us, to_us = int(rows["time_us"].min()), int(rows["time_us"].max())
    rules = tuple(r for r in rulebook.rules if r.id == rule_id and r.valid_from_us <= to_us)
    assignments = tuple(a for a in rulebook.assignments if a.device_id == device.id)
    permits = tuple(p for p in rulebook.permits if p.device_id == device.id)
    waybills = tuple(w for w in rulebook.waybills if w.device_id == device.id)
    named = {id_ for rule in rules for id_ in rule.fence_ids}
    named |= {assignment.fence_id for assignment in assignments}
    for permit in permits:
        named |= {permit.site_fence_id, *permit.dump_fence_ids, permit.route_fence_id or 0}
    for waybill in waybills:
        named |= {waybill.site_fence_id, waybill.dump_fence_id}
    box = _box(rows)
    fences = tuple(
        fence
        for fence in rulebook.fences
        if fence.valid_from_us <= to_us
        and fence.valid_to_us > from_us
        and (everywhere or fence.id in named or _touches(fence, box))
    )
    return msgspec.structs.replace(
        rulebook,
        devices=(device,),
        rules=rules,
        fences=fences,
        assignments=assignments,
        shifts=tuple(shift for shift in rulebook.shifts if shift.device_id == device.id),
        outages=tuple(o for o in rulebook.outages if o.from_us <= to_us and o.to_us >= from_us),
        permits=permits,
        waybills=waybills,
        sightings=tuple(s for s in rulebook.sightings if s.device_id == device.id),
    )


def _box(rows: Rows) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees, with what is near; of no position, an empty one."""
    placed = rows[rows["fix_source"] != FixSource.NONE]
    if not len(placed):
        return 1.0, 1.0, 0.0, 0.0
    longitude, latitude = placed["longitude_e6"], placed["latitude_e6"]
    return (
        (int(longitude.min()) - NEAR_E6) / 1e6,
        (int(latitude.min()) - NEAR_E6) / 1e6,
        (int(longitude.max()) + NEAR_E6) / 1e6,
        (int(latitude.max()) + NEAR_E6) / 1e6,
    )


def _touches(fence: Fence, box: tuple[float, float, float, float]) -> bool:
    west, south, east, north = box
    points = np.array(list(_points(fence.geometry.get("coordinates"))), np.float64).reshape(-1, 2)
    if not len(points):
        return False
    low, high = points.min(0), points.max(0)
    return bool(low[0] <= east and high[0] >= west and low[1] <= north and high[1] >= south)


def _points(coordinates: Any) -> Iterator[tuple[float, float]]:
    """Every position of a GeoJSON geometry."""
    if not isinstance(coordinates, list | tuple) or not coordinates:
        return
    if isinstance(coordinates[0], int | float):
        yield coordinates[0], coordinates[1]
        return
    for part in coordinates:
        yield from _points(part)
