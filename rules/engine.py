"""The engine: fixes in event-time order -> findings. Pure: state in, state and findings out.

Each rule's condition is computed for the whole batch at once; only devices with something to say
(a condition that is not "no", or an episode under way) are walked fix by fix. Late fixes are not
its business: pipeline/replay.py takes them through the same `advance` from an earlier state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geofence.index import FenceIndex
from model.position import Rows
from model.rulebook import Finding, Rulebook
from rules.absence import Absences, work_of
from rules.build_view import build_view, sort_rows
from rules.contract import NO, UNKNOWN, Column, FollowingKind, RuleKind
from rules.episodes import ACTIVE, Episode, Sample, Told, advance, overdue
from rules.findings import FindingMaker
from rules.following import runs
from rules.plan import Plan, Version, make_plans
from rules.roster import Roster
from rules.state import DeviceState
from rules.view import View

UNJUDGED_AFTER_US = 120_000_000


@dataclass(slots=True)
class _Judged:
    """One rule's condition over a view; `relevant`: rows that the rule judges at all."""

    value: NDArray[np.int8]
    measure: NDArray[np.float64]
    fence: NDArray[np.int32]
    version: NDArray[np.int32]
    relevant: NDArray[np.bool_]
    reasons: NDArray[np.object_]

    @staticmethod
    def nothing(count: int) -> _Judged:
        return _Judged(
            np.full(count, NO, np.int8),
            np.full(count, np.nan),
            np.full(count, -1, np.int32),
            np.zeros(count, np.int32),
            np.zeros(count, np.bool_),
            np.full(count, "", object),
        )

    def take(self, rows: NDArray[np.bool_], column: Column) -> None:
        """These rows' share of a column over the whole view."""
        self.value[rows] = column.value[rows]
        self.measure[rows] = column.measure[rows]
        self.fence[rows] = column.fence[rows]
        self.reasons[rows] = column.reason if column.reasons is None else column.reasons[rows]

    def put(self, places: slice, column: Column) -> None:
        """A column over just these rows."""
        self.value[places] = column.value
        self.measure[places] = column.measure
        self.fence[places] = column.fence
        self.reasons[places] = column.reason if column.reasons is None else column.reasons


@dataclass(slots=True)
class _Walks:
    """The devices of a sorted view: device ids[i] has rows bounds[i]:bounds[i + 1]."""

    view: View
    ids: list[int]
    bounds: NDArray[np.intp]


class Engine:
    """Judges by one revision of the rulebook. `failing`: rules stopped by an error of their own."""

    def __init__(
        self,
        rulebook: Rulebook,
        kinds: Mapping[str, RuleKind],
        previous: FenceIndex | None = None,
    ) -> None:
        """`previous`: the index of an earlier revision, to share what has not changed."""
        self.rulebook = rulebook
        self.roster = Roster.of(rulebook)
        self.index = (
            FenceIndex(rulebook.fences) if previous is None else previous.replaced(rulebook.fences)
        )
        self.failing: dict[int, str] = {}
        self.devices = {device.id: device for device in rulebook.devices}
        self._kinds = {device.id: device.kind for device in rulebook.devices}
        self._findings = FindingMaker(rulebook, self.index)
        plans = make_plans(rulebook, kinds)
        self._plans = [plan for plan in plans if not plan.kind.absence]
        self._by_rule = {plan.rule_id: plan for plan in self._plans}
        self.absence_kinds = {plan.kind.name for plan in plans if plan.kind.absence}
        self._absences = Absences(
            [plan for plan in plans if plan.kind.absence], rulebook, self.roster, self._findings
        )

    def advance(self, states: dict[int, DeviceState], rows: Rows) -> list[Finding]:
        """Judge rows newer than their devices' states; updates the states in place.

        Rows of devices that the rulebook does not know are passed over.
        """
        rows = rows[np.isin(rows["device_id"], list(self.devices))]
        if not len(rows):
            return []
        rows = sort_rows(rows)
        view = build_view(rows, self.rulebook, self._kinds, self.roster, self.index)
        starts = np.flatnonzero(np.diff(rows["device_id"], prepend=rows["device_id"][0] - 1))
        ids = [int(id_) for id_ in rows["device_id"][starts]]
        walks = _Walks(view, ids, np.append(starts, len(rows)))
        for id_ in ids:
            states.setdefault(id_, DeviceState())
        findings = [found for plan in self._plans for found in self._episodes(plan, states, walks)]
        for place, id_ in enumerate(ids):
            own = rows[walks.bounds[place] : walks.bounds[place + 1]]
            findings += self._absences.ended_by(id_, states[id_], own)
            _remember(states[id_], own)
        return findings

    def at_tick(self, states: Mapping[int, DeviceState], tick_us: int) -> list[Finding]:
        """What silence until `tick_us` means; states stay as they are, for late data may come."""
        findings = list(self._absences.at_tick(states, tick_us))
        for id_, state in states.items():
            for rule_id, episode in state.episodes.items():
                plan = self._by_rule.get(rule_id)
                if plan is None or id_ not in self.devices:
                    continue
                parameters = plan.version_or_newest(episode.rule_version).parameters
                if overdue(episode, state.last_us, tick_us, parameters):
                    findings.append(self._findings.of_episode(plan, id_, Told(episode, ended=True)))
        return findings

    def ongoing(self, device_id: int, state: DeviceState) -> list[Finding]:
        """The violations under way in a state."""
        return [
            self._findings.of_episode(self._by_rule[rule_id], device_id, Told(episode, ended=False))
            for rule_id, episode in state.episodes.items()
            if episode.phase == ACTIVE and rule_id in self._by_rule
        ]

    def unjudged(self, state: DeviceState) -> dict[int, tuple[int, str]]:
        """Rules that cannot judge the device: rule id -> (since, reason)."""
        return {
            rule_id: (episode.unknown_since_us, episode.reason)
            for rule_id, episode in state.episodes.items()
            if episode.unknown_since_us
            and state.last_us - episode.unknown_since_us >= UNJUDGED_AFTER_US
            and rule_id in self._by_rule
        }

    def _judge(self, plan: Plan, view: View) -> _Judged | None:
        """The condition by the version in force at each row's fix time; None: judges none."""
        judged = _Judged.nothing(len(view.rows))
        for version in plan.versions:
            relevant = _relevant(version, view.rows)
            if not relevant.any():
                continue
            try:
                column = plan.kind.condition(view, version.rule, version.parameters)
            except Exception as error:
                self.failing[plan.rule_id] = f"{type(error).__name__}: {error}"
                return None
            judged.take(relevant, column)
            judged.version[relevant] = version.rule.version
            judged.relevant |= relevant
        return judged

    def _episodes(
        self, plan: Plan, states: dict[int, DeviceState], walks: _Walks
    ) -> Iterator[Finding]:
        judged = None if plan.rule_id in self.failing else self._judge(plan, walks.view)
        if judged is None or not self._follow(plan, states, walks, judged):
            return
        always = any(version.parameters["min_previous_s"] for version in plan.versions)
        worth = judged.relevant if always else judged.value != NO
        eventful = np.logical_or.reduceat(worth, walks.bounds[:-1])
        for place, id_ in enumerate(walks.ids):
            if eventful[place] or plan.rule_id in states[id_].episodes:
                places = range(int(walks.bounds[place]), int(walks.bounds[place + 1]))
                yield from self._walk(plan, states[id_], walks.view, judged, places)

    def _follow(
        self, plan: Plan, states: dict[int, DeviceState], walks: _Walks, judged: _Judged
    ) -> bool:
        """Fill in the condition of a kind that follows; False when it failed."""
        kind = plan.kind
        if not isinstance(kind, FollowingKind):
            return True
        for place, id_ in enumerate(walks.ids):
            begin, end = walks.bounds[place : place + 2].tolist()
            for number, places in runs(judged.version, begin, end):
                version = plan.version_or_newest(number)
                memory = states[id_].memories.setdefault(plan.rule_id, {})
                try:
                    column = kind.follow(
                        walks.view, places, memory, version.rule, version.parameters
                    )
                except Exception as error:
                    self.failing[plan.rule_id] = f"{type(error).__name__}: {error}"
                    return False
                judged.put(places, column)
        return True

    def _walk(
        self, plan: Plan, state: DeviceState, view: View, judged: _Judged, places: range
    ) -> Iterator[Finding]:
        """One device's fixes through the episode machine."""
        device_id = int(view.rows["device_id"][places.start])
        episode = state.episodes.setdefault(plan.rule_id, Episode())
        previous_us = state.last_us
        for place in places:
            sample = _sample(view, judged, place)
            if sample.value == UNKNOWN:
                episode.reason = judged.reasons[place]
            version = plan.version_or_newest(sample.rule_version or episode.rule_version)
            for told in advance(episode, sample, previous_us, version.parameters):
                yield self._findings.of_episode(plan, device_id, told)
            previous_us = sample.time_us
        if episode.trivial:
            del state.episodes[plan.rule_id]


def _relevant(version: Version, rows: Rows) -> NDArray[np.bool_]:
    times = rows["time_us"]
    in_force = (times >= version.rule.valid_from_us) & (times < version.rule.valid_to_us)
    if not in_force.any():
        return in_force
    return in_force & np.isin(rows["device_id"], version.device_ids)


def _sample(view: View, judged: _Judged, place: int) -> Sample:
    row, fence = view.rows[place], int(judged.fence[place])
    return Sample(
        time_us=int(row["time_us"]),
        value=int(judged.value[place]),
        measure=float(judged.measure[place]),
        longitude_e6=int(row["longitude_e6"]),
        latitude_e6=int(row["latitude_e6"]),
        fence_id=view.fences[fence].id if fence >= 0 else 0,
        fence_version=view.fences[fence].version if fence >= 0 else 0,
        rule_version=int(judged.version[place]),
    )


def _remember(state: DeviceState, rows: Rows) -> None:
    last = rows[-1]
    state.last_us = int(last["time_us"])
    state.ignition, state.speed_kmh_e1 = work_of(last)
    if last["fix_source"]:
        state.longitude_e6 = int(last["longitude_e6"])
        state.latitude_e6 = int(last["latitude_e6"])
