"""Runs the kinds that judge duties: opens, follows and judges them, the same however data arrive.

The memory of a device for such a rule holds its open duties by key (with `from_us`, `due_us`,
`seen_us`, `heard_us` and `doubt` beside what the kind folds in), and under DOUBT since when it
could not be judged. A verdict is taken when the device's event time passes the due time, and at a
tick for a device that fell silent before; the tick changes nothing, for late data may come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from model.rulebook import FAR_FUTURE_US, Finding
from rules.batch import Batch
from rules.contract import UNKNOWN, YES, Memory
from rules.due_times import DueTimes
from rules.duty_days import DAY_US, DutyDays, Opened
from rules.findings import FindingMaker
from rules.heard import Heard
from rules.owed import Duty, Ground, Verdict, Watched
from rules.plan import Plan, Version
from rules.progress import begun, hear, known_share, steps_of
from rules.state import DeviceState

_SECOND_US = 1_000_000
GRACE_US = 60 * _SECOND_US  # at a tick: reports are on their way for so long
UNHEARD_US = DAY_US  # duties of which nothing was heard are judged up to so long after
DOUBT = ""  # no duty's key
Passed = tuple[int, str, Opened | None, Memory]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A duty, its version and its verdict."""

    plan: Plan
    version: Version
    duty: Duty
    verdict: Verdict


class Duties:
    """All rules whose kind judges duties. `failing` is the engine's, by (rule, version): an error
    stops all versions of a rule until there is a newer one, for duties outlive versions."""

    def __init__(
        self,
        plans: Sequence[Plan],
        ground: Ground,
        findings: FindingMaker,
        failing: dict[tuple[int, int], str],
    ) -> None:
        self._plans = [(plan, DutyDays(plan, ground)) for plan in plans]
        self._ground, self._findings, self._failing = ground, findings, failing
        self.rule_ids = {plan.rule_id for plan in plans}
        self.unheard = {plan.rule_id for plan, days in self._plans if days.kind.unheard}
        self._told: dict[tuple[int, int, str], tuple[int, Memory, Verdict]] = {}  # by this tick
        self._told_before = self._told
        self._due_times = DueTimes(
            lambda state: min(
                [due_us for _, due_us in self.under_way(state)], default=FAR_FUTURE_US
            )
        )

    def advance(self, batch: Batch) -> Iterator[Finding]:
        """Follow newer fixes; findings of the duties that they have passed."""
        for judged in self.judge(batch):
            if judged.verdict.value == YES:
                yield self._finding(judged, _last_place(judged.duty, batch))

    def judge(self, batch: Batch) -> Iterator[Judgement]:
        """Every verdict that these newer fixes bring, whatever it is."""
        remembering = self._remembering(batch)
        for plan, days in self._plans:
            if plan.newest in self._failing:
                continue
            try:
                places = self._follow(plan, days, batch) | remembering[plan.rule_id]
                yield from self._pass(plan, days, batch, sorted(places))
            except Exception as error:
                self._failing[plan.newest] = f"{type(error).__name__}: {error}"

    def at_tick(
        self, states: Mapping[int, DeviceState], tick_us: int, heard: Heard
    ) -> Iterator[Finding]:
        """What is due at a tick and not done, of devices not heard since."""
        self._told_before, self._told = self._told, {}
        remembered = self._remembered(states, tick_us - GRACE_US, heard)
        for plan, days in self._plans:
            if plan.newest in self._failing:
                continue
            try:
                for id_, key, progress in remembered[plan.rule_id]:
                    opened = days.find(id_, key, progress["from_us"])
                    yield from self._tell(plan, days, opened, states[id_], progress)
                if days.kind.unheard:
                    yield from self._unheard(plan, days, states, tick_us, heard)
            except Exception as error:
                self._failing[plan.newest] = f"{type(error).__name__}: {error}"

    def under_way(self, state: DeviceState) -> Iterator[tuple[int, int]]:
        """(rule id, due time) of the duties that a state holds."""
        for rule_id in self.rule_ids & state.memories.keys():
            for key, progress in state.memories[rule_id].items():
                if key != DOUBT:
                    yield rule_id, progress["due_us"]

    def doubts(self, state: DeviceState) -> Iterator[tuple[int, tuple[int, str]]]:
        """Rules whose last duty could not be judged: rule id, (since, reason)."""
        for rule_id in self.rule_ids & state.memories.keys():
            doubt = state.memories[rule_id].get(DOUBT)
            if doubt:
                yield rule_id, (doubt["since_us"], doubt["reason"])

    def around(self, device_id: int, at_us: int) -> list[Opened]:
        """A device's duties under way at a time, of all rules, the earliest due first."""
        return [opened for _, days in self._plans for opened in days.around(device_id, at_us)]

    def verdict_at(
        self, device_id: int, duty: Duty, state: DeviceState, tick_us: int
    ) -> Verdict | None:
        """The verdict at a tick on a duty that a state holds; None: none, or it is not due."""
        for plan, days in self._plans:
            opened = days.find(device_id, duty.key, duty.from_us)
            progress = state.memories.get(plan.rule_id, {}).get(duty.key)
            if opened is not None and progress and duty.due_us + GRACE_US <= tick_us:
                return self.verdict(days, opened, progress)
        return None

    def verdict(self, days: DutyDays, opened: Opened, progress: Memory) -> Verdict:
        """The verdict by what is known."""
        duty, version = opened
        parameters = version.parameters
        share = known_share(duty, progress, parameters["max_gap_s"] * _SECOND_US)
        known = {"known_share": round(share, 3)}
        if not days.kind.unheard and share < parameters["min_known_share"]:
            return Verdict(UNKNOWN, progress.get("doubt") or "not_heard", known)
        found = days.kind.verdict(self._ground, duty, progress, share, parameters)
        return Verdict(found.value, found.reason, found.measures | known, found.where)

    def _remembering(self, batch: Batch) -> dict[int, set[int]]:
        """By rule the places of the batch's devices whose memory holds anything of it."""
        found: dict[int, set[int]] = defaultdict(set)
        if not self._plans:
            return found
        for place, state in enumerate(batch.states):
            for rule_id in self.rule_ids & state.memories.keys():
                found[rule_id].add(place)
        return found

    def _remembered(
        self, states: Mapping[int, DeviceState], until_us: int, heard: Heard
    ) -> dict[int, list[tuple[int, str, Memory]]]:
        """By rule the device, key and progress of the open duties that are due."""
        found: dict[int, list[tuple[int, str, Memory]]] = defaultdict(list)
        for id_ in self._due_times.until(states, heard.by_state_us, until_us):
            memories = states[id_].memories
            for rule_id in self.rule_ids & memories.keys():
                for key, progress in memories[rule_id].items():
                    if key != DOUBT and progress["due_us"] <= until_us:
                        found[rule_id].append((id_, key, progress))
        return found

    def _follow(self, plan: Plan, days: DutyDays, batch: Batch) -> set[int]:
        """Fold the batch's fixes into the duties that are under way at them; whose those are."""
        found = days.under_way(batch)
        for version in plan.versions:
            own = [(place, duty, rows) for place, (duty, by), rows in found if by is version]
            if not own:
                continue
            counts = [stop - start for _, _, (start, stop) in own]
            row = np.concatenate([np.arange(*rows) for _, _, rows in own])
            duties = [duty for _, duty, _ in own]
            watched = Watched(row, np.repeat(np.arange(len(own)), counts), duties)
            seen = days.kind.look(batch.view, watched, version.rule, version.parameters)
            times = batch.view.rows["time_us"][row].tolist()
            begin = 0
            for (place, duty, _), count in zip(own, counts, strict=True):
                memory = batch.states[place].memories.setdefault(plan.rule_id, {})
                progress = memory.setdefault(duty.key, begun(duty))
                steps = steps_of(seen, times, slice(begin, begin + count), progress)
                days.kind.fold(self._ground, duty, progress, steps, version.parameters)
                hear(progress, duty, steps, version.parameters["max_gap_s"] * _SECOND_US)
                begin += count
        return {place for place, _, _ in found}

    def _pass(
        self, plan: Plan, days: DutyDays, batch: Batch, places: Sequence[int]
    ) -> Iterator[Judgement]:
        """Judge the duties whose due time the batch has passed, and forget them. `places`: the
        devices that remember any."""
        newest: list[int] = batch.last_us.tolist()
        passed: list[Passed] = [
            (place, key, days.find(batch.ids[place], key, progress["from_us"]), progress)
            for place in places
            for key, progress in batch.states[place].memories[plan.rule_id].items()
            if key != DOUBT and progress["due_us"] < newest[place]
        ]
        if days.kind.unheard:
            passed += self._pass_unheard(plan, days, batch)
        for place, key, opened, progress in sorted(passed, key=_by_due):
            memory = batch.states[place].memories.setdefault(plan.rule_id, {})
            memory.pop(key, None)
            if opened is None:
                continue  # no longer owed: the assignment or the rule was ended
            verdict = self.verdict(days, opened, progress)
            _note_doubt(memory, opened[0], verdict)
            yield Judgement(plan, opened[1], opened[0], verdict)

    def _pass_unheard(self, plan: Plan, days: DutyDays, batch: Batch) -> Iterator[Passed]:
        """Duties that the batch has passed without a fix in their window."""
        times = batch.view.rows["time_us"]
        after_us = np.maximum(batch.heard_us, batch.first_us - UNHEARD_US)
        for place, opened in days.passed(batch, after_us):
            duty = opened[0]
            memory = batch.states[place].memories.get(plan.rule_id, {})
            own = times[batch.bounds[place] : batch.bounds[place + 1]]
            start, stop = np.searchsorted(own, [duty.from_us, duty.due_us + 1])
            near = int(own[stop]) < duty.due_us + UNHEARD_US
            if start == stop and near and duty.key not in memory:
                yield place, duty.key, opened, begun(duty)

    def _unheard(
        self,
        plan: Plan,
        days: DutyDays,
        states: Mapping[int, DeviceState],
        tick_us: int,
        heard: Heard,
    ) -> Iterator[Finding]:
        """Duties that are due, of which nothing was heard."""
        for opened in days.unheard(tick_us - UNHEARD_US, tick_us - GRACE_US, heard):
            duty = opened[0]
            state = states.get(duty.device_id) or DeviceState()
            if duty.key not in state.memories.get(plan.rule_id, {}):
                yield from self._tell(plan, days, opened, state, begun(duty))

    def _tell(
        self,
        plan: Plan,
        days: DutyDays,
        opened: Opened | None,
        state: DeviceState,
        progress: Memory,
    ) -> Iterator[Finding]:
        """The finding of a duty that is due, judged once as long as nothing more is heard."""
        if opened is None:
            return
        name = (opened[0].device_id, plan.rule_id, opened[0].key)
        known = self._told_before.get(name)
        # Late data may change the progress, and newer data the progress that was remembered.
        if known is None or known[:2] != (state.last_us, progress):
            known = state.last_us, progress, self.verdict(days, opened, progress)
        self._told[name] = known
        if known[2].value == YES:
            last_place = state.longitude_e6, state.latitude_e6
            yield self._finding(Judgement(plan, opened[1], opened[0], known[2]), last_place)

    def _finding(self, judged: Judgement, place: tuple[int, int]) -> Finding:
        """`place`: the device's last one until then, where the verdict names none."""
        where = judged.verdict.where
        if where is not None:
            place = (round(where[0] * 1e6), round(where[1] * 1e6))
        return self._findings.of_duty(
            judged.plan, judged.version, judged.duty, judged.verdict.measures, place
        )


def _last_place(duty: Duty, batch: Batch) -> tuple[int, int]:
    """Where the device was last until the duty was due: the same however its fixes are cut."""
    number = batch.ids.index(duty.device_id)
    rows = batch.view.rows[batch.bounds[number] : batch.bounds[number + 1]]
    until = np.flatnonzero((rows["time_us"] <= duty.due_us) & (rows["fix_source"] != 0))
    if not len(until):
        state = batch.states[number]
        return state.longitude_e6, state.latitude_e6
    return int(rows["longitude_e6"][until[-1]]), int(rows["latitude_e6"][until[-1]])


def _note_doubt(memory: Memory, duty: Duty, verdict: Verdict) -> None:
    if verdict.value != UNKNOWN:
        memory.pop(DOUBT, None)
        return
    since_us = memory.get(DOUBT, {}).get("since_us", duty.from_us)
    memory[DOUBT] = {"since_us": since_us, "reason": verdict.reason}


def _by_due(passed: Passed) -> tuple[int, int, str]:
    place, key, _, progress = passed
    return place, progress["due_us"], key
