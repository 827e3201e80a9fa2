"""Why a rule raised nothing of a device at a time: the first thing that stood against it.

The device's fixes go through the same engine from the state before; then the fix at hand is asked
clause by clause, and the episode how far it got.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np

from model.position import Rows
from model.rulebook import Device, Rule, Rulebook
from rules.build_view import build_view, sort_rows
from rules.clauses import Clause, ExplainingKind
from rules.contract import HOLD, NO, UNKNOWN, YES, Column, FollowingKind, RuleKind
from rules.engine import Engine
from rules.episodes import ACTIVE, IDLE, PENDING, Episode
from rules.owed import DutyKind
from rules.plan import effective_parameters
from rules.scope import judges
from rules.state import DeviceState
from rules.trips import HAULS, follow_trips
from rules.why_due import why_due
from rules.why_not_words import Answer, Said, answer, out_of_scope
from rules.why_silent import why_silent

LOOK_AHEAD_US = 3_600_000_000  # an episode that has not become a violation by then is too short


@dataclass(frozen=True, slots=True)
class Question:
    """`state`: the device's at a snapshot before; `rows`: all its positions from there until
    LOOK_AHEAD_US after `at_us`, as far as there are any; `known_until_us`: what is committed."""

    rulebook: Rulebook
    device: Device
    rule_id: int
    at_us: int
    state: DeviceState
    rows: Rows
    known_until_us: int


def why_not(question: Question, kinds: Mapping[str, RuleKind]) -> Answer:
    """The answer, whatever is stored. Raises LookupError: no such rule."""
    versions = [r for r in question.rulebook.rules if r.id == question.rule_id]
    if not versions:
        raise LookupError(f"no rule {question.rule_id}")
    rule = _in_force(versions, question.at_us)
    if rule is None:
        return answer("rule_not_in_force", from_us=min(r.valid_from_us for r in versions))
    kind = kinds.get(rule.kind)
    if kind is None:
        return answer("rule_not_in_force", from_us=rule.valid_from_us)
    if not judges(rule, kind, question.device, question.rulebook):
        return out_of_scope(rule, kind, question.device)
    parameters = effective_parameters(rule, kind)
    if kind.absence:
        heard = sort_rows(question.rows), question.state.last_us, question.known_until_us
        return why_silent(
            question.rulebook, question.device, (kind, parameters), question.at_us, heard
        )
    if isinstance(kind, DutyKind):
        book = msgspec.structs.replace(question.rulebook, rules=tuple(versions))
        state, rows = _only(question.state, rule.id), question.rows
        known = state, rows, question.known_until_us
        return why_due(book, question.device, kind, question.at_us, known)
    return _Trial(question, kind, rule, parameters).answer()


def _in_force(versions: list[Rule], at_us: int) -> Rule | None:
    for rule in versions:
        if rule.valid_from_us <= at_us < rule.valid_to_us:
            return rule
    return None


class _Trial:
    """The rule's engine over one device's fixes, a step at a time."""

    def __init__(
        self, question: Question, kind: RuleKind, rule: Rule, parameters: dict[str, float]
    ) -> None:
        self._question, self._kind = question, kind
        self._rule, self._parameters = rule, parameters
        book = question.rulebook
        own = tuple(r for r in book.rules if r.id == rule.id)
        self._engine = Engine(msgspec.structs.replace(book, rules=own), {kind.name: kind})
        self._rows = sort_rows(question.rows)
        self._states = {question.device.id: _only(question.state, rule.id)}

    def answer(self) -> Answer:
        times, at_us = self._rows["time_us"], self._question.at_us
        place = int(np.searchsorted(times, at_us, "right")) - 1
        gap_us = self._parameters["max_gap_s"] * 1e6
        if place < 0 or at_us - times[place] > gap_us:
            return self._no_data(place)
        self._engine.advance(self._states, self._rows[:place])
        before = copy.deepcopy(self._state)
        self._engine.advance(self._states, self._rows[place : place + 1])
        failing = self._engine.failing.get((self._rule.id, self._rule.version))
        if failing is not None:
            return answer("rule_failing", error=failing)
        column, clauses = self._ask(place, before)
        said = tuple(_said(clause) for clause in clauses)
        found = self._of_fix(place, int(column.value[0]), column, said)
        return msgspec.structs.replace(found, fix_us=int(times[place]), clauses=said)

    @property
    def _state(self) -> DeviceState:
        return self._states[self._question.device.id]

    def _episode(self) -> Episode:
        return self._state.episodes.get(self._rule.id) or Episode()

    def _no_data(self, place: int) -> Answer:
        times = self._rows["time_us"]
        before_us = int(times[place]) if place >= 0 else self._question.state.last_us
        after_us = int(times[place + 1]) if place + 1 < len(times) else 0
        code = "gap" if before_us and after_us else "no_data"
        return answer(
            code, before_us=before_us, after_us=after_us, max_gap_s=self._parameters["max_gap_s"]
        )

    def _ask(self, place: int, before: DeviceState) -> tuple[Column, list[Clause]]:
        question, rule, parameters = self._question, self._rule, self._parameters
        kinds = {question.device.id: question.device.kind}
        engine = self._engine
        row = self._rows[place : place + 1]
        view = build_view(row, engine.rulebook, kinds, engine.roster, engine.index)
        follow_trips(view, {question.device.id: before}, engine.devices)
        if isinstance(self._kind, FollowingKind):
            memory = before.memories.setdefault(rule.id, {})
            column = self._kind.follow(view, slice(0, 1), memory, rule, parameters)
        else:
            column = self._kind.condition(view, rule, parameters)
        clauses: list[Clause] = []
        if isinstance(self._kind, ExplainingKind):
            clauses = self._kind.clauses(view, rule, parameters)
        return column, clauses

    def _of_fix(self, place: int, value: int, column: Column, said: tuple[Said, ...]) -> Answer:
        row = self._rows[place]
        if value == NO:
            against = _first(said, "no")
            is_schedule = against is not None and against.name == "schedule"
            return answer("outside_schedule" if is_schedule else "condition_false", clause=against)
        if value == UNKNOWN:
            if not row["fix_source"]:
                return answer("not_positioned")
            reason = column.reason if column.reasons is None else str(column.reasons[0])
            return answer("unknown", reason=reason, clause=_first(said, "unknown"))
        episode = self._episode()
        if episode.phase == ACTIVE:
            return answer("would_be_raised", started_us=episode.started_us)
        if episode.phase == PENDING:
            return self._of_pending(place, episode)
        return self._of_idle(int(row["time_us"]), value, episode)

    def _of_idle(self, time_us: int, value: int, episode: Episode) -> Answer:
        """The condition holds, or nearly, and no episode began."""
        if value == HOLD:
            return answer("between_limits")
        if time_us < episode.cool_until_us:
            return answer("cool_down", until_us=episode.cool_until_us)
        return answer("too_soon", wanted_s=self._parameters["min_previous_s"])

    def _of_pending(self, place: int, begun: Episode) -> Answer:
        """How the episode that is under way at a fix went on."""
        started_us, last = begun.started_us, msgspec.structs.replace(begun)
        wanted_s = self._parameters["min_duration_s"]
        for next_place in range(place + 1, len(self._rows)):
            before_us = self._state.last_us
            self._engine.advance(self._states, self._rows[next_place : next_place + 1])
            episode = self._episode()
            if episode.phase == ACTIVE and episode.started_us == started_us:
                return answer("would_be_raised", started_us=started_us)
            if episode.phase == IDLE or episode.started_us != started_us:
                silent_us = int(self._rows["time_us"][next_place]) - before_us
                broken = silent_us > self._parameters["max_gap_s"] * 1e6
                lasted_s = (last.last_yes_us - started_us) / 1e6
                return answer(
                    "too_short_gap" if broken else "too_short",
                    lasted_s=lasted_s, wanted_s=wanted_s, gap_s=silent_us / 1e6,
                )  # fmt: skip
            last = msgspec.structs.replace(episode)
        lasted_s = (last.last_yes_us - started_us) / 1e6
        silent_us = self._question.known_until_us - self._state.last_us
        over = silent_us > self._parameters["max_gap_s"] * 1e6
        code = "too_short_gap" if over else "not_yet"
        return answer(code, lasted_s=lasted_s, wanted_s=wanted_s, gap_s=silent_us / 1e6)


def _only(state: DeviceState, rule_id: int) -> DeviceState:
    """A copy with the episode and memory of one rule."""
    own = copy.deepcopy(state)
    own.episodes = {id_: e for id_, e in own.episodes.items() if id_ == rule_id}
    own.memories = {id_: m for id_, m in own.memories.items() if id_ in (rule_id, HAULS)}
    return own


def _first(said: tuple[Said, ...], value: str) -> Said | None:
    return next((clause for clause in said if clause.value == value), None)


_WORDS = {YES: "yes", NO: "no", UNKNOWN: "unknown", HOLD: "hold"}


def _said(clause: Clause) -> Said:
    measured = None if clause.measured is None else float(clause.measured[0])
    return Said(
        name=clause.name,
        zh=clause.zh,
        en=clause.en,
        value=_WORDS[int(clause.value[0])],
        measured=None if measured is None or np.isnan(measured) else round(measured, 1),
        threshold=clause.threshold,
        unit=clause.unit,
    )
