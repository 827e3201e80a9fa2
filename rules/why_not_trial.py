"""A rule over one device's fixes once more, remembering at each fix what it said and why.

The engine brings the state up to the first fix asked for; from there on the condition is computed
for all fixes at once, and the episode machine steps through it.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
import numpy as np

from model.position import Rows
from model.rulebook import Device, Rule, Rulebook
from rules.believed import believe
from rules.build_view import build_view, last_places
from rules.clauses import Clause, ExplainingKind, RecallingKind, Said
from rules.contract import HOLD, NO, UNKNOWN, YES, Column, FollowingKind, RuleKind
from rules.engine import Engine
from rules.episodes import ACTIVE, IDLE, PENDING, Episode, Sample, advance
from rules.state import DeviceState
from rules.stretch import stretch
from rules.trips import HAULS, follow_trips
from rules.view import View
from rules.why_not_words import Answer, answer

_WORDS = {YES: "yes", NO: "no", UNKNOWN: "unknown", HOLD: "hold"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule's version, its kind and all its parameters, about a device under a rulebook."""

    rulebook: Rulebook
    device: Device
    rule: Rule
    kind: RuleKind
    parameters: dict[str, float]


class _Step(NamedTuple):
    """A fix and the episode after it."""

    value: int
    reason: str
    episode: Episode


class Trial:
    """`rows`: sorted, all of the device from `state` on; the answers begin at rows[first]."""

    def __init__(
        self, asked: Asked, state: DeviceState, rows: Rows, first: int, known_until_us: int
    ) -> None:
        self._asked, self._known_until_us = asked, known_until_us
        self.rows, self._first = rows[rows["time_us"] < asked.rule.valid_to_us], first
        rule = asked.rule
        own = tuple(r for r in asked.rulebook.rules if r.id == rule.id)
        book = msgspec.structs.replace(asked.rulebook, rules=own)
        self._engine = Engine(book, {asked.kind.name: asked.kind})
        states = {asked.device.id: only_of(state, rule.id)}
        self._engine.advance(states, rows[:first])
        self._before_us = int(rows["time_us"][first - 1]) if first else state.last_us
        self._steps: list[_Step] = []
        self._clauses: list[tuple[Said, ...]] = []
        self._failed: str | None = None
        try:
            self._walk(states[asked.device.id])
        except Exception as error:  # a rule's own error is an answer, as it is to the engine
            self._failed = f"{type(error).__name__}: {error}"

    def at(self, place: int) -> Answer:
        """The answer at rows[place]."""
        if self._failed is not None:
            return answer("rule_failing", error=self._failed)
        said, step = self._clauses[place - self._first], self._steps[place - self._first]
        found = self._of_step(place, step, said)
        fix_us = int(self.rows["time_us"][place])
        return msgspec.structs.replace(found, fix_us=fix_us, clauses=said)

    def _walk(self, state: DeviceState) -> None:
        asked, rows = self._asked, self.rows[self._first :]
        kinds = {asked.device.id: asked.device.kind}
        engine = self._engine
        view = build_view(rows, engine.rulebook, kinds, engine.roster, engine.index)
        view.before = last_places([asked.device.id], {asked.device.id: state})
        believe(view, engine.on_foot, {asked.device.id: state})
        follow_trips(view, {asked.device.id: copy.deepcopy(state)}, engine.devices)
        column, self._clauses = self._judged(view, state)
        episode = state.episodes.get(asked.rule.id) or Episode()
        previous_us = self._before_us
        reasons = column.reasons
        for i, time_us in enumerate(rows["time_us"].tolist()):
            value = int(column.value[i])
            sample = Sample(time_us, value, np.nan, 0, 0, 0, 0, asked.rule.version)
            list(advance(episode, sample, previous_us, asked.parameters))
            reason = column.reason if reasons is None else str(reasons[i])
            self._steps.append(_Step(value, reason, msgspec.structs.replace(episode)))
            previous_us = time_us

    def _judged(self, view: View, state: DeviceState) -> tuple[Column, list[tuple[Said, ...]]]:
        """The condition over the view, and what its clauses say at each fix."""
        asked = self._asked
        kind, rule, parameters = asked.kind, asked.rule, asked.parameters
        count = len(view.rows)
        if not isinstance(kind, FollowingKind):
            column = kind.condition(view, rule, parameters)
            clauses = (
                kind.clauses(view, rule, parameters) if isinstance(kind, ExplainingKind) else []
            )
            return column, [tuple(_said(clause, i) for clause in clauses) for i in range(count)]
        memory = copy.deepcopy(state.memories.get(rule.id, {}))
        if not isinstance(kind, RecallingKind):
            return kind.follow(view, slice(0, count), memory, rule, parameters), [()] * count
        values, reasons = np.full(count, NO, np.int8), np.full(count, "", object)
        said: list[tuple[Said, ...]] = []
        for i in range(count):
            before = copy.deepcopy(memory)
            one = kind.follow(view, slice(i, i + 1), memory, rule, parameters)
            values[i] = one.value[0]
            reasons[i] = one.reason if one.reasons is None else one.reasons[0]
            part = stretch(view, slice(i, i + 1))
            recalled = kind.recall(part, int(values[i]), (before, memory), rule)
            said.append(tuple(_said(clause, 0) for clause in recalled))
        nothing = np.full(count, np.nan)
        return Column(values, nothing, np.full(count, -1, np.int32), reasons=reasons), said

    def _of_step(self, place: int, step: _Step, said: tuple[Said, ...]) -> Answer:
        if step.value == NO:
            against = first_against(said)
            is_schedule = against is not None and against.name == "schedule"
            return answer("outside_schedule" if is_schedule else "condition_false", clause=against)
        if step.value == UNKNOWN:
            if not self.rows["fix_source"][place]:
                return answer("not_positioned")
            unknown = next((clause for clause in said if clause.value == "unknown"), None)
            return answer("unknown", reason=step.reason, clause=unknown)
        return self._of_episode(place, step)

    def _of_episode(self, place: int, step: _Step) -> Answer:
        """The condition holds, or nearly: what became of it."""
        if step.episode.phase == ACTIVE:
            return answer("would_be_raised", started_us=step.episode.started_us)
        if step.episode.phase == PENDING:
            return self._of_pending(place, step.episode)
        if step.value == HOLD:
            return answer("between_limits")
        if int(self.rows["time_us"][place]) < step.episode.cool_until_us:
            return answer("cool_down", until_us=step.episode.cool_until_us)
        return answer("too_soon", wanted_s=self._asked.parameters["min_previous_s"])

    def _of_pending(self, place: int, begun: Episode) -> Answer:
        """How the episode that is under way at a fix went on."""
        times, started_us, last = self.rows["time_us"], begun.started_us, begun
        wanted_s = self._asked.parameters["min_duration_s"]
        max_gap_us = self._asked.parameters["max_gap_s"] * 1e6
        for later in range(place + 1, len(self.rows)):
            episode = self._steps[later - self._first].episode
            if episode.phase == ACTIVE and episode.started_us == started_us:
                return answer("would_be_raised", started_us=started_us)
            if episode.phase == IDLE or episode.started_us != started_us:
                silent_us = int(times[later]) - int(times[later - 1])
                code = "too_short_gap" if silent_us > max_gap_us else "too_short"
                lasted_s = (last.last_yes_us - started_us) / 1e6
                return answer(code, lasted_s=lasted_s, wanted_s=wanted_s, gap_s=silent_us / 1e6)
            last = episode
        lasted_s = (last.last_yes_us - started_us) / 1e6
        silent_us = self._known_until_us - int(times[-1])
        code = "too_short_gap" if silent_us > max_gap_us else "not_yet"
        return answer(code, lasted_s=lasted_s, wanted_s=wanted_s, gap_s=silent_us / 1e6)


def first_against(said: tuple[Said, ...]) -> Said | None:
    """The first clause that does not hold."""
    return next((clause for clause in said if clause.value == "no"), None)


def only_of(state: DeviceState, rule_id: int) -> DeviceState:
    """A copy with the episode and memory of one rule, and what the truck hauls."""
    own = copy.deepcopy(state)
    own.episodes = {id_: e for id_, e in own.episodes.items() if id_ == rule_id}
    own.memories = {id_: m for id_, m in own.memories.items() if id_ in (rule_id, HAULS)}
    return own


def _said(clause: Clause, place: int) -> Said:
    measured = None if clause.measured is None else float(clause.measured[place])
    return Said(
        name=clause.name,
        zh=clause.zh,
        en=clause.en,
        value=_WORDS[int(clause.value[place])],
        measured=None if measured is None or np.isnan(measured) else round(measured, 1),
        threshold=clause.threshold,
        unit=clause.unit,
    )
