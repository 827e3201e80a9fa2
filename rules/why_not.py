"""Why a rule raised nothing of a device: the first thing that stood against it, at a time or over
a period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import msgspec
import numpy as np

from model.position import Rows
from model.rulebook import Device, Rule, Rulebook
from rules.build_view import sort_rows
from rules.contract import RuleKind
from rules.owed import DutyKind
from rules.plan import effective_parameters
from rules.scope import judges
from rules.state import DeviceState
from rules.why_due import why_due
from rules.why_not_trial import Asked, Trial, first_against, only_of
from rules.why_not_words import Answer, answer, out_of_scope
from rules.why_silent import why_silent

_HOUR_US = 3_600_000_000
LOOK_AHEAD_US = 3_600_000_000  # an episode that has not become a violation by then is too short


@dataclass(frozen=True, slots=True)
class Question:
    """`state`: the device's at a snapshot before; `rows`: all its positions from there until
    LOOK_AHEAD_US after `at_us`, as far as there are any; `known_until_us`: what is committed.
    `until_us`: the end of the period, where one is asked for."""

    rulebook: Rulebook
    device: Device
    rule_id: int
    at_us: int
    state: DeviceState
    rows: Rows
    known_until_us: int
    until_us: int = 0


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """Equal answers of [from_us, to_us); `answer` is the first of them."""

    from_us: int
    to_us: int
    answer: Answer


def why_not(question: Question, kinds: Mapping[str, RuleKind]) -> Answer:
    """The answer at `at_us`, whatever is stored. Raises LookupError: no such rule."""
    asked = _asked(question, _version_at(question, question.at_us), kinds)
    if isinstance(asked, Answer):
        return asked
    rows = sort_rows(question.rows)
    if asked.kind.absence:
        return _silent(question, asked, rows, question.at_us)
    if isinstance(asked.kind, DutyKind):
        return _due(question, asked, question.at_us)
    times, at_us = rows["time_us"], question.at_us
    place = int(np.searchsorted(times, at_us, "right")) - 1
    if place < 0 or at_us - times[place] > asked.parameters["max_gap_s"] * 1e6:
        return _no_data(question, asked, rows, place)
    return Trial(asked, question.state, rows, place, question.known_until_us).at(place)


def why_not_between(question: Question, kinds: Mapping[str, RuleKind]) -> list[Run]:
    """The answers over [at_us, until_us), each until the next. Raises LookupError: no such rule."""
    rows = sort_rows(question.rows)
    runs: list[Run] = []
    for from_us, to_us, version in _pieces(question):
        asked = _asked(question, version, kinds)
        if isinstance(asked, Answer):
            runs.append(Run(from_us=from_us, to_us=to_us, answer=asked))
            continue
        tell = _told_of_duties if isinstance(asked.kind, DutyKind) else _told
        tell = _told_of_silence if asked.kind.absence else tell
        runs += _runs(tell(question, asked, rows, (from_us, to_us)), (from_us, to_us))
    return runs


def _versions(question: Question) -> list[Rule]:
    versions = [r for r in question.rulebook.rules if r.id == question.rule_id]
    if not versions:
        raise LookupError(f"no rule {question.rule_id}")
    return versions


def _version_at(question: Question, at_us: int) -> Rule | None:
    for rule in _versions(question):
        if rule.valid_from_us <= at_us < rule.valid_to_us:
            return rule
    return None


def _pieces(question: Question) -> Iterator[tuple[int, int, Rule | None]]:
    """The period by what version was in force."""
    ends = {question.at_us, question.until_us}
    for rule in _versions(question):
        ends |= {rule.valid_from_us, rule.valid_to_us}
    inside = sorted(end for end in ends if question.at_us <= end <= question.until_us)
    for from_us, to_us in pairwise(inside):
        yield from_us, to_us, _version_at(question, from_us)


def _asked(question: Question, rule: Rule | None, kinds: Mapping[str, RuleKind]) -> Asked | Answer:
    """What to try; or the answer, where there is nothing to try."""
    if rule is None:
        first_us = min(version.valid_from_us for version in _versions(question))
        return answer("rule_not_in_force", from_us=first_us)
    kind = kinds.get(rule.kind)
    if kind is None:
        return answer("rule_not_in_force", from_us=rule.valid_from_us)
    if not judges(rule, kind, question.device, question.rulebook):
        return out_of_scope(rule, kind, question.device)
    parameters = effective_parameters(rule, kind)
    return Asked(question.rulebook, question.device, rule, kind, parameters)


def _silent(question: Question, asked: Asked, rows: Rows, at_us: int) -> Answer:
    heard = rows, question.state.last_us, question.known_until_us
    judged_by = asked.kind, asked.parameters
    return why_silent(question.rulebook, question.device, judged_by, at_us, heard)


def _due(question: Question, asked: Asked, at_us: int) -> Answer:
    book = msgspec.structs.replace(question.rulebook, rules=tuple(_versions(question)))
    known = only_of(question.state, question.rule_id), question.rows, question.known_until_us
    return why_due(book, question.device, asked.kind, at_us, known)


def _no_data(question: Question, asked: Asked, rows: Rows, place: int) -> Answer:
    times = rows["time_us"]
    before_us = int(times[place]) if place >= 0 else question.state.last_us
    after_us = int(times[place + 1]) if place + 1 < len(times) else 0
    code = "gap" if before_us and after_us else "no_data"
    max_gap_s = asked.parameters["max_gap_s"]
    return answer(code, before_us=before_us, after_us=after_us, max_gap_s=max_gap_s)


_Period = tuple[int, int]
_Told = Iterator[tuple[int, Answer]]


def _told(question: Question, asked: Asked, rows: Rows, period_us: _Period) -> _Told:
    """(time, answer) at each fix, and where a silence begins that is too long."""
    times, max_gap_us = rows["time_us"], asked.parameters["max_gap_s"] * 1e6
    first, end = np.searchsorted(times, period_us).tolist()
    trial = Trial(asked, question.state, rows, first, question.known_until_us)
    if first == end or times[first] > period_us[0]:
        start_us = int(times[first - 1]) if first else 0
        if first == end or times[first] - max(start_us, period_us[0]) > max_gap_us or not first:
            yield period_us[0], _no_data(question, asked, rows, first - 1)
    for place in range(first, end):
        yield int(times[place]), trial.at(place)
        after_us = int(times[place + 1]) if place + 1 < end else period_us[1]
        if after_us - times[place] > max_gap_us:
            yield int(times[place] + 1), _no_data(question, asked, rows, place)


def _told_of_silence(question: Question, asked: Asked, rows: Rows, period_us: _Period) -> _Told:
    """(time, answer) at the beginning, and after each fix."""
    times = rows["time_us"]
    yield period_us[0], _silent(question, asked, rows, period_us[0])
    for place in range(*np.searchsorted(times, period_us).tolist()):
        yield int(times[place]), _silent(question, asked, rows, int(times[place]))


def _told_of_duties(question: Question, asked: Asked, rows: Rows, period_us: _Period) -> _Told:  # noqa: ARG001
    """(time, answer) each hour: windows begin and end on full hours, or nearly."""
    for at_us in range(*period_us, _HOUR_US):
        yield at_us, _due(question, asked, at_us)


def _runs(told: _Told, period_us: _Period) -> list[Run]:
    """Answers with the same code and the same clause against them make one run."""
    groups: list[tuple[int, Answer]] = []
    for time_us, found in told:
        if not groups or _sort_of(groups[-1][1]) != _sort_of(found):
            groups.append((time_us if groups else period_us[0], found))
    ends = [start_us for start_us, _ in groups[1:]] + [period_us[1]]
    return [
        Run(from_us=start_us, to_us=end_us, answer=found)
        for (start_us, found), end_us in zip(groups, ends, strict=True)
    ]


def _sort_of(found: Answer) -> tuple[str, str]:
    against = first_against(found.clauses)
    return found.code, against.name if against else ""


def overlaid(runs: Sequence[Run], from_us: int, to_us: int, better: Answer) -> list[Run]:
    """The runs, by time, with what is known better of [from_us, to_us): a violation was raised,
    and so that it would be until the next fix is no news."""
    for run in runs:
        due = run.answer.code == "would_be_raised"
        if due and run.from_us < to_us and from_us < run.to_us:
            from_us, to_us = min(from_us, run.from_us), max(to_us, run.to_us)
    found = [Run(from_us=from_us, to_us=to_us, answer=better)]
    for run in runs:
        for begin_us, end_us in (
            (run.from_us, min(run.to_us, from_us)),
            (max(run.from_us, to_us), run.to_us),
        ):
            if begin_us < end_us:
                found.append(msgspec.structs.replace(run, from_us=begin_us, to_us=end_us))
    return sorted(found, key=lambda run: run.from_us)
