"""The engine: fixes in event-time order -> findings. Pure: state in, state and findings out.

Each rule's condition is computed for the whole batch at once; only devices with something to say
(a condition that is not "no", or an episode under way) are walked fix by fix. Late fixes are not
its business: pipeline/replay.py takes them through the same `advance` from an earlier state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geofence.index import FenceIndex
from model.position import Rows, rows_at
from model.rulebook import Finding, Rulebook
from model.trips import Trip
from rules.absence import Absences
from rules.batch import Batch, Part
from rules.believed import believe
from rules.build_view import build_view, last_places, sort_rows
from rules.contract import UNKNOWN, YES, Column, FollowingKind, RuleKind
from rules.duties import Duties
from rules.episodes import ACTIVE, Episode, Sample, Told, advance, finish, overdue
from rules.findings import FindingMaker
from rules.followed import Following
from rules.heard import Heard
from rules.judged import Judged
from rules.owed import DutyKind, Ground
from rules.plan import Plan, Version, make_plans, share_device_sets
from rules.remember import remember
from rules.roster import Roster
from rules.state import DeviceState
from rules.trilogic import Tri
from rules.trips import READERS, follow_trips
from rules.view import View

UNJUDGED_AFTER_US = 120_000_000
STRETCH = 64  # fixes of a device read at once for the episode machine
LANGUAGES: tuple[Literal["zh", "en"], ...] = ("zh", "en")


class Engine:
    """Judges by one revision of the rulebook.

    `failing`: the error by (rule, version) of versions that have stopped themselves. Such a version
    is from then on as if it were not in force; the rule's other versions are judged.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        kinds: Mapping[str, RuleKind],
        previous: FenceIndex | None = None,
        failing: Mapping[tuple[int, int], str] | None = None,
    ) -> None:
        """`previous`: the index of an earlier revision, to share what has not changed. `failing`:
        versions that stopped themselves before."""
        self.rulebook = rulebook
        self.roster = Roster.of(rulebook)
        self.index = (
            FenceIndex(rulebook.fences) if previous is None else previous.replaced(rulebook.fences)
        )
        self.failing = dict(failing or {})
        self.counts_trips = True  # a back-test of a rule that does not ask for them need not
        self.devices = {device.id: device for device in rulebook.devices}
        self.on_foot = {device.id for device in rulebook.devices if device.kind == "inspector"}
        self._device_ids = np.array(sorted(self.devices), np.int32)
        self._kinds = {device.id: device.kind for device in rulebook.devices}
        self._findings = FindingMaker(rulebook, self.index)
        plans = share_device_sets(make_plans(rulebook, kinds))
        owing = [plan for plan in plans if isinstance(plan.kind, DutyKind)]
        self._plans = [plan for plan in plans if not (plan.kind.absence or plan in owing)]
        self._by_rule = {plan.rule_id: plan for plan in self._plans}
        # Asked once: a protocol's isinstance costs as much as a rule.
        self._following = {
            plan.rule_id: Following(plan.rule_id, plan.kind)
            for plan in plans
            if isinstance(plan.kind, FollowingKind)
        }
        # What they find may lie beyond a device's last fix.
        self.told_by_ticks = {p.kind.name for p in plans if p.kind.absence or p in owing}
        # Rules that must see every "no": their episodes want one to have lasted before.
        self._wants_no = {
            plan.rule_id
            for plan in self._plans
            if any(version.parameters["min_previous_s"] for version in plan.versions)
        }
        # Whoever was silent for no longer has no episode that silence has ended.
        self._least_gap_us = 1e6 * min(
            (v.parameters["max_gap_s"] for plan in self._plans for v in plan.versions), default=0
        )
        self._asks_for_hauls = any(plan.kind.name in READERS for plan in plans)
        self._absences = Absences(
            [plan for plan in plans if plan.kind.absence], rulebook, self.roster, self._findings
        )
        ground = Ground(rulebook, self.roster, self.index)
        self.duties = Duties(owing, ground, self._findings, self.failing)

    def advance(
        self, states: dict[int, DeviceState], rows: Rows, trips: list[Trip] | None = None
    ) -> list[Finding]:
        """Judge rows newer than their devices' states; updates the states in place, and adds the
        trips that are over to `trips`.

        Rows of devices that the rulebook does not know are passed over.
        """
        rows = self._of_known_devices(rows)
        if not len(rows):
            return []
        view = build_view(sort_rows(rows), self.rulebook, self._kinds, self.roster, self.index)
        batch = Batch.of(view, self._device_ids, states)
        view.before = last_places(batch.ids, states)
        believed = believe(view, self.on_foot, states)
        if self.counts_trips:
            over = follow_trips(view, states, self.devices, asked=self._asks_for_hauls)
            if trips is not None:
                trips += over
        under_way = batch.with_episodes()
        findings = [
            found
            for plan in self._plans
            for found in self._episodes(plan, batch, under_way.get(plan.rule_id, []))
        ]
        for place in batch.after_a_gap():
            own = view.rows[batch.bounds[place] : batch.bounds[place + 1]]
            findings += self._absences.ended_by(batch.ids[place], batch.states[place], own)
        findings += self.duties.advance(batch)
        remember(batch, believed)
        return findings

    def at_tick(self, states: Mapping[int, DeviceState], tick_us: int) -> list[Finding]:
        """What silence until `tick_us` means; states stay as they are, for late data may come."""
        heard = Heard.of(states)
        findings = [
            *self._absences.at_tick(states, tick_us, heard),
            *self.duties.at_tick(states, tick_us, heard),
        ]
        for id_ in heard.silent(tick_us, self._least_gap_us):
            state = states[id_]
            for rule_id, episode in state.episodes.items():
                plan = self._by_rule.get(rule_id)
                if episode.phase != ACTIVE or plan is None or id_ not in self.devices:
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
        doubts = dict(self.duties.doubts(state))
        return doubts | {
            rule_id: (episode.unknown_since_us, episode.reason)
            for rule_id, episode in state.episodes.items()
            if episode.unknown_since_us
            and state.last_us - episode.unknown_since_us >= UNJUDGED_AFTER_US
            and rule_id in self._by_rule
        }

    def _of_known_devices(self, rows: Rows) -> Rows:
        ids, device = self._device_ids, rows["device_id"]
        if not len(ids):
            return rows[:0]
        known = ids[np.searchsorted(ids[:-1], device)] == device
        return rows if known.all() else rows_at(rows, np.flatnonzero(known))

    def _episodes(self, plan: Plan, batch: Batch, under_way: list[int]) -> Iterator[Finding]:
        """`under_way`: places of the devices that have an episode of this rule."""
        judged = self._judge(plan, batch, under_way)
        if judged is None:
            return
        worth = judged.version > 0 if plan.rule_id in self._wants_no else _eventful(judged.value)
        for place in sorted({*batch.any_of(worth).tolist(), *under_way}):
            yield from self._walk(plan, batch, place, judged, worth)

    def _judge(self, plan: Plan, batch: Batch, under_way: list[int]) -> Judged | None:
        """The condition by the version in force at each row's fix time; None: nothing to walk."""
        sound = [v for v in plan.versions if (plan.rule_id, v.rule.version) not in self.failing]
        parts = [(version, batch.judged_by(version)) for version in sound]
        parts = [part for part in parts if len(part[1].rows)]
        if not parts and not under_way:
            return None
        if plan.rule_id in self._following:
            return self._followed(plan, batch, parts, under_way)
        columns = [self._column(plan, version, part.view) for version, part in parts]
        plain = not (under_way or plan.rule_id in self._wants_no)
        if plain and not any(
            c is not None and c.value.any() and _eventful(c.value).any() for c in columns
        ):
            return None
        judged = Judged.nothing(len(batch.view.rows))
        for (version, part), column in zip(parts, columns, strict=True):
            if column is not None:
                judged.put(part.rows, column)
                judged.version[part.rows] = version.rule.version
        return judged

    def _column(self, plan: Plan, version: Version, view: View) -> Column | None:
        """The condition over a view; None when it failed."""
        try:
            return plan.kind.condition(view, version.rule, version.parameters)
        except Exception as error:
            self._fail(plan.rule_id, version.rule.version, error)
            return None

    def _followed(
        self, plan: Plan, batch: Batch, parts: Sequence[tuple[Version, Part]], under_way: list[int]
    ) -> Judged | None:
        """As `_judge`, of a kind that follows."""
        told: list[tuple[slice, Column | None]] = []
        for version, part in parts:
            try:
                told.extend(self._following[plan.rule_id].over(batch, version, part))
            except Exception as error:
                self._fail(plan.rule_id, version.rule.version, error)
        if not (told or under_way or plan.rule_id in self._wants_no):
            return None
        judged = Judged.nothing(len(batch.view.rows))
        for version, part in parts:
            judged.version[part.rows] = version.rule.version
        for places, column in told:
            if column is None:
                judged.blank(places)
            else:
                judged.put(places, column)
        return judged

    def _fail(self, rule_id: int, version: int, error: Exception) -> None:
        """This version stops itself; the first error is the one to show."""
        self.failing.setdefault((rule_id, version), f"{type(error).__name__}: {error}"[:500])

    def _spoken(self, plan: Plan, device_id: int, told: Told) -> Finding:
        """A finding, and whether the kind finds words for it."""
        found = self._findings.of_episode(plan, device_id, told)
        try:
            for language in LANGUAGES:
                plan.kind.sentence(found.measures, language)
        except Exception as error:
            self._fail(plan.rule_id, found.rule_version, error)
        return found

    def _walk(
        self, plan: Plan, batch: Batch, place: int, judged: Judged, worth: NDArray[np.bool_]
    ) -> Iterator[Finding]:
        """One device's fixes through the episode machine, from the first that is worth it on."""
        device_id, state = batch.ids[place], batch.states[place]
        times = batch.view.rows["time_us"]
        begin, end = batch.bounds[place : place + 2].tolist()
        marks = np.flatnonzero(worth[begin:end]) + begin
        episode = state.episodes.setdefault(plan.rule_id, Episode())
        at = begin
        while at < end:
            if episode.trivial:  # a plain "no" would leave it so: on to the next mark
                following = marks[marks.searchsorted(at) :]
                at = int(following[0]) if len(following) else end
            previous_us = int(times[at - 1]) if at > begin else state.last_us
            for sample, reason in judged.samples(batch.view, slice(at, min(at + STRETCH, end))):
                if sample.value == UNKNOWN:
                    episode.reason = reason
                version = plan.version_or_newest(sample.rule_version or episode.rule_version)
                for told in handed_over(plan, episode, sample):
                    yield self._spoken(plan, device_id, told)
                for told in advance(episode, sample, previous_us, version.parameters):
                    yield self._spoken(plan, device_id, told)
                previous_us = sample.time_us
                at += 1
                if episode.trivial:
                    episode.reason = ""  # or the state would tell how the fixes were cut
                    break
        if episode.trivial:
            del state.episodes[plan.rule_id]


def handed_over(plan: Plan, episode: Episode, sample: Sample) -> Iterator[Told]:
    """A rule that goes live, or out of it, ends here what it has under way: a new version of the
    same mode takes an episode over as it is."""
    if episode.phase and sample.rule_version not in {0, episode.rule_version}:
        old = plan.version_or_newest(episode.rule_version)
        if old.rule.mode != plan.version_or_newest(sample.rule_version).rule.mode:
            yield from finish(episode, sample.time_us, old.parameters)


def _eventful(value: Tri) -> NDArray[np.bool_]:
    """Where a device without an episode has something to say."""
    return np.asarray((value == YES) | (value == UNKNOWN), np.bool_)
