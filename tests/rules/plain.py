"""The engine the plain way: fix by fix, every rule, every device; slow, and easy to believe."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from msgspec.structs import replace

from model.position import Rows
from model.rulebook import Finding, Rulebook
from rules.absence import Absences
from rules.batch import Batch
from rules.believed import believe
from rules.build_view import build_view, last_places, sort_rows
from rules.contract import UNKNOWN, Column, FollowingKind
from rules.duties import Duties
from rules.engine import Engine, handed_over
from rules.episodes import Episode, Sample, advance
from rules.findings import FindingMaker
from rules.owed import DutyKind, Ground
from rules.plan import Plan, make_plans
from rules.registry import kinds_by_name
from rules.roster import Roster
from rules.state import DeviceState
from rules.trips import follow_trips
from rules.view import View


class PlainEngine:
    """`advance` as Engine's."""

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        self._devices = {device.id: device for device in book.devices}
        self._kinds = {device.id: device.kind for device in book.devices}
        self._index = Engine(book, kinds_by_name()).index
        self._roster = Roster.of(book)
        # An engine without rules, of units that make no trips, only remembers where each was last.
        units = tuple(
            device if device.kind == "inspector" else replace(device, kind="other")
            for device in book.devices
        )
        self._memory = Engine(Rulebook(revision=1, devices=units), {})
        self._findings = FindingMaker(book, self._index)
        plans = make_plans(book, kinds_by_name())
        owing = [plan for plan in plans if isinstance(plan.kind, DutyKind)]
        self._plans = [plan for plan in plans if not (plan.kind.absence or plan in owing)]
        ground = Ground(book, self._roster, self._index)
        self._duties = Duties(owing, ground, self._findings, {})
        absent = [plan for plan in plans if plan.kind.absence]
        self._absences = Absences(absent, book, Roster.of(book), self._findings)

    def advance(self, states: dict[int, DeviceState], rows: Rows) -> list[Finding]:
        rows = sort_rows(rows)
        findings: list[Finding] = []
        for i in range(len(rows)):
            one = rows[i : i + 1]
            id_ = int(one["device_id"][0])
            if id_ in self._kinds:
                state = states.setdefault(id_, DeviceState())
                findings += self._advance_one(id_, state, one)
        return findings

    def _advance_one(self, id_: int, state: DeviceState, one: Rows) -> Iterator[Finding]:
        view = build_view(one, self._book, self._kinds, self._roster, self._index)
        view.before = last_places([id_], {id_: state})
        believe(view, self._memory.on_foot, {id_: state})
        follow_trips(view, {id_: state}, self._devices)
        for plan in self._plans:
            yield from self._walk(plan, id_, state, view)
        yield from self._absences.ended_by(id_, state, one)
        yield from self._duties.advance(Batch.of(view, one["device_id"], {id_: state}))
        self._memory.advance({id_: state}, one)

    def _walk(self, plan: Plan, id_: int, state: DeviceState, view: View) -> Iterator[Finding]:
        time_us = int(view.rows["time_us"][0])
        version = plan.version_at(time_us)
        judges = version is not None and id_ in version.device_ids
        column = Column(np.zeros(1, np.int8), np.full(1, np.nan), np.full(1, -1, np.int32))
        if judges and isinstance(plan.kind, FollowingKind):
            memory = state.memories.setdefault(plan.rule_id, {})
            column = plan.kind.follow(view, slice(0, 1), memory, version.rule, version.parameters)
        elif judges:
            column = plan.kind.condition(view, version.rule, version.parameters)
        number = version.rule.version if judges else 0
        episode = state.episodes.setdefault(plan.rule_id, Episode())
        sample = _sample(view, column, number)
        if sample.value == UNKNOWN:
            episode.reason = column.reason if column.reasons is None else column.reasons[0]
        parameters = plan.version_or_newest(number or episode.rule_version).parameters
        for told in handed_over(plan, episode, sample):
            yield self._findings.of_episode(plan, id_, told)
        for told in advance(episode, sample, state.last_us, parameters):
            yield self._findings.of_episode(plan, id_, told)
        if episode.trivial:
            del state.episodes[plan.rule_id]


def _sample(view: View, column: Column, version: int) -> Sample:
    row, fence = view.rows[0], int(column.fence[0])
    return Sample(
        time_us=int(row["time_us"]), value=int(column.value[0]), measure=float(column.measure[0]),
        longitude_e6=int(row["longitude_e6"]), latitude_e6=int(row["latitude_e6"]),
        fence_id=view.fences[fence].id if fence >= 0 else 0,
        fence_version=view.fences[fence].version if fence >= 0 else 0, rule_version=version,
    )  # fmt: skip
