"""A scenario judged by the engine itself, without server, sockets or database.

The units' fixes go through the terminals' real encoders and the protocols' real decoders, then in
event time through the engine; the truth is the one that grades a server, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, get_args

import msgspec
import numpy as np

from model.fences import Assignment, Shift
from model.permits import Permit, Waybill
from model.position import Rows, empty_rows
from model.rulebook import FAR_FUTURE_US, Device, Finding, Rulebook
from model.sightings import Sighting
from protocols.contract import ProtocolError
from protocols.jt808.framing import Framer, unwrap
from protocols.registry import protocols_by_name
from rules.engine import Engine
from rules.registry import kinds_by_name
from rules.state import DeviceState
from rules.storms import Cause, Onset, StormLimits, areas_of, cause_of, needed_of, storms
from simulators.city import fences
from simulators.convoy import Feed
from simulators.fleet import Unit
from simulators.fleet.papers import Paper
from simulators.fleet.unit import NO_TERMINAL
from simulators.gate_cameras import gate
from simulators.outbox import Outbox
from simulators.play import SETTLE_S
from simulators.rulings import RULINGS
from simulators.scenario.plan import Plan, make_plan
from simulators.scenario.reading import read_scenario
from simulators.scenario.score import Score, score
from simulators.truth import TruthKeeper
from xunji.demo_seed import DAY_US, ORGANISATIONS, fence_of, rule_of, shifts_for

STEP_S = 3_600
MISREAD = 10_000  # and its id: the unit of a truck's misread plate


@lru_cache(maxsize=64)
def judged(name: str) -> tuple[Plan, TruthKeeper, Score]:
    """A scenario of the library, played and scored."""
    plan = make_plan(name, *read_scenario(name))
    keeper = TruthKeeper(plan.fleet, hidden=plan.hidden)
    return plan, keeper, play(plan, keeper)


def play(plan: Plan, keeper: TruthKeeper) -> Score:
    """Every unit's reports through the engine, and what it found against the truth."""
    engine = Engine(rulebook_of(plan), kinds_by_name())
    radios = [
        _Radio(plan, unit, id_) for id_, unit in enumerate(plan.fleet.units, 1) if unit.reports
    ]
    states: dict[int, DeviceState] = {}
    latest: dict[tuple[int, str, int], Finding] = {}
    end_s = plan.end_s + SETTLE_S
    rows = np.concatenate([radio.rows(end_s) for radio in radios])
    second = (rows["time_us"] - plan.fleet.origin_us) / 1e6
    for from_s in range(0, end_s, STEP_S):
        to_s = min(from_s + STEP_S, end_s)
        due = rows[(second >= from_s) & (second < to_s)]
        found = engine.advance(states, due)
        found += engine.at_tick(states, plan.fleet.origin_us + to_s * 1_000_000)
        latest |= {(one.device_id, one.kind, one.started_us): one for one in found}
        keeper.extend(to_s)
    assert not engine.failing, engine.failing
    identities = {id_: unit.identity for id_, unit in enumerate(plan.fleet.units, 1)}
    identities |= {one.id: one.identity for one in engine.rulebook.devices if one.id > MISREAD}
    told = _as_told(engine.rulebook, list(latest.values()))
    return score(plan, keeper, told, identities, end_s)


class _Radio:
    """One unit's reports as the server's decoders see them."""

    def __init__(self, plan: Plan, unit: Unit, device_id: int) -> None:
        self._unit, self._device_id = unit, device_id
        self._feed = Feed(unit, 0)
        self._outbox = Outbox(plan.fleet, unit, plan.lines[unit.identity])

    def rows(self, to_s: int) -> Rows:
        """All positions up to a second of the plan, each once."""
        frames: list[bytes] = []
        for until_s in range(STEP_S, to_s + STEP_S, STEP_S):
            sent = self._outbox.take(self._feed.take(min(until_s, to_s)))
            frames += self._frames([sending.payload for sending in sent])
        decoded = protocols_by_name()[self._unit.protocol].decode_reports(frames)
        rows = decoded.batch.rows
        rows["device_id"], rows["organisation_id"] = self._device_id, 1
        return np.unique(rows) if len(rows) else empty_rows(0)

    def _frames(self, payloads: list[bytes]) -> Sequence[bytes]:
        """Of JT/T 808 what its framing finds; of the others a message is a frame."""
        if self._unit.protocol == "jt808":
            return _good(b"".join(payloads))
        return [payload.strip() for payload in payloads]


def _good(stream: bytes) -> list[bytes]:
    """Frames whose check sum fits."""
    frames = []
    for piece, reason in Framer().feed(stream):
        try:
            frames += [unwrap(piece)] if reason is None else []
        except ProtocolError:
            continue
    return frames


def rulebook_of(plan: Plan) -> Rulebook:
    """The scenario's city, units and rules, as `xunji simulate` seeds them."""
    from_us = plan.fleet.origin_us - DAY_US
    places = dict.fromkeys(("bureau", *ORGANISATIONS), 1)
    kinds = kinds_by_name()
    made = [
        msgspec.structs.replace(fence_of(fence, places, from_us), id=id_, version=1)
        for id_, fence in enumerate(fences(plan.fleet.city), 1)
    ]
    rules = [
        msgspec.structs.replace(rule_of(ruling, kinds[name], 1, from_us), id=id_, version=1)
        for id_, (name, ruling) in enumerate(RULINGS.items(), 1)
        if name in kinds
    ]
    ids = {fence.code: fence.id for fence in made}
    units = list(enumerate(plan.fleet.units, 1))
    return Rulebook(
        revision=1,
        organisation_parents={1: None},
        devices=(*(_device(id_, unit) for id_, unit in units), *_misread(units)),
        rules=tuple(rules),
        fences=tuple(made),
        assignments=tuple(
            Assignment(
                device_id=id_, fence_id=ids[duty.fence_code], purpose=duty.purpose,  # type: ignore[arg-type]
                windows=duty.weekly(), valid_from_us=from_us, valid_to_us=FAR_FUTURE_US,
            )
            for id_, unit in units for duty in unit.duties
        ),
        shifts=tuple(shift for id_, unit in units for shift in _shifts(plan, id_, unit)),
        permits=tuple(
            Permit(
                version=1, dump_fence_ids=(ids[paper.dump],), valid_from_us=_us(unit, paper.from_s),
                **_paper(number, id_, unit, paper, ids),
            )
            for id_, unit in units if unit.papers and unit.reports
            for number, paper in enumerate(unit.papers.permits)
        ),
        sightings=tuple(_sightings(plan)),
        waybills=tuple(
            Waybill(
                dump_fence_id=ids[paper.dump], issued_us=_us(unit, paper.from_s),
                **_paper(number, id_, unit, paper, ids),
            )
            for id_, unit in units if unit.papers and unit.reports
            for number, paper in enumerate(unit.papers.waybills)
        ),
    )  # fmt: skip


def _device(id_: int, unit: Unit) -> Device:
    return Device(
        id=id_, organisation_id=1, identity=unit.identity, protocol=unit.protocol,
        kind=unit.kind, name=unit.name, plate=unit.plate, tags=unit.tags,
    )  # fmt: skip


def _misread(units: list[tuple[int, Unit]]) -> Iterator[Device]:
    """The units that a server makes of misread plates: one a truck stands for all of its own."""
    for id_, unit in units:
        plates = {sight.plate for sight in (unit.papers.seen if unit.papers else ())}
        if plates - {unit.plate}:
            name = min(plates - {unit.plate or ""})
            yield Device(
                id=MISREAD + id_, organisation_id=1, identity=name, protocol=NO_TERMINAL,
                kind=unit.kind, name=name, plate=name,
            )  # fmt: skip


def _sightings(plan: Plan) -> Iterator[Sighting]:
    """What the cameras see."""
    for id_, unit in enumerate(plan.fleet.units, 1):
        if unit.papers is None:
            continue
        longitude, latitude = gate(plan.fleet.city, unit.papers.site)
        for number, sight in enumerate(unit.papers.seen):
            misread = sight.plate != unit.plate
            yield Sighting(
                id=1_000 * id_ + number, device_id=MISREAD + id_ if misread else id_,
                organisation_id=1, seen_us=_us(unit, sight.at_s),
                longitude_e6=round(longitude * 1e6), latitude_e6=round(latitude * 1e6),
                accuracy_m=20, registered=unit.reports and not misread,
                confidence=sight.confidence,
            )  # fmt: skip


def _paper(
    number: int, id_: int, unit: Unit, paper: Paper, fence_ids: dict[str, int]
) -> dict[str, Any]:
    """What permits and waybills have in common."""
    return {
        "id": 1_000 * id_ + number,
        "organisation_id": 1,
        "number": f"{id_}-{number}",
        "device_id": id_,
        "site_fence_id": fence_ids[paper.site],
        "valid_to_us": _us(unit, paper.to_s),
    }


def _us(unit: Unit, second: float) -> int:
    return unit.origin_us + round(second) * 1_000_000


def _shifts(plan: Plan, id_: int, unit: Unit) -> list[Shift]:
    if unit.shift is None:
        return []
    origin_us = plan.fleet.origin_us
    until_us = origin_us + (plan.end_s + SETTLE_S) * 1_000_000 + DAY_US
    spans = shifts_for(unit, origin_us - DAY_US, until_us)
    return [
        Shift(device_id=id_, starts_us=max(start_us, origin_us), ends_us=end_us)
        for start_us, end_us in spans
        if end_us > origin_us
    ]


def _as_told(book: Rulebook, findings: list[Finding]) -> list[dict[str, Any]]:
    """Findings as the API would show their violations, in their storms."""
    storm_of: dict[int, int] = {}
    for cause in get_args(Cause):
        onsets = [
            Onset(
                id=number, device_id=found.device_id, started_us=found.started_us,
                areas=areas_of(found.organisation_id, None, book.organisation_parents),
            )
            for number, found in enumerate(findings)
            if cause_of(kinds_by_name()[found.kind]) == cause
        ]  # fmt: skip
        limits = StormLimits()
        for storm in storms(onsets, needed_of(book, limits), limits.window_us):
            storm_of |= dict.fromkeys(storm.members, storm.members[0])
    return [_row(number, found, storm_of.get(number)) for number, found in enumerate(findings)]


def _row(number: int, found: Finding, storm_id: int | None) -> dict[str, Any]:
    ended_at = None if found.ended_us is None else _iso(found.ended_us)
    return {
        "id": number,
        "inhibited_by": storm_id,
        "device": {"id": found.device_id},
        "rule": {"kind": found.kind},
        "finding": "standing",
        "started_at": _iso(found.started_us),
        "ended_at": ended_at,
        "raised_at": _iso(found.last_us),
    }


def _iso(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1e6, UTC).isoformat()
