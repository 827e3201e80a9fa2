"""The first thing that stood against a violation, case by case."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest

from model.fences import Shift
from model.position import FixSource
from model.rulebook import Device, Outage, Rule, Rulebook, Schedule, Scope
from model.signals import NO, UNKNOWN, YES
from rules.registry import kinds_by_name
from rules.state import DeviceState
from rules.why_not import Question, Run, overlaid, why_not, why_not_between
from rules.why_not_words import TEXTS, Answer, answer
from tests.rules.kinds.city import Fix, daily, rows_of, when

START = when("2026-03-02T10:00")
SECOND = 1_000_000
OPEN, CLOSED = {"loaded": YES, "cover_closed": NO}, {"loaded": YES, "cover_closed": YES}
TRUCK = Device(
    id=1, organisation_id=1, identity="1", protocol="t", kind="muck_truck", name="苏A1"
)  # fmt: skip


def rule(**changes: Any) -> Rule:
    values: dict[str, Any] = {
        "id": 1, "version": 1, "organisation_id": 1, "kind": "uncovered_load", "name_zh": "",
        "name_en": "", "valid_from_us": START - 86_400 * SECOND,
    }  # fmt: skip
    return Rule(**(values | changes))


def ask(
    states: list[dict[str, int] | None],
    at_s: float,
    *,
    device: Device = TRUCK,
    book: dict[str, Any] | None = None,
    gap_after: int | None = None,
    **changes: Any,
) -> Answer:
    """Fixes each 15 s with these signals (None: no position); asked so long after the first.

    `gap_after`: ten minutes of silence after so many fixes.
    """
    rows = rows_of([Fix(signals=state or {}) for state in states])
    for place, state in enumerate(states):
        late = 600 if gap_after is not None and place >= gap_after else 0
        rows["time_us"][place] = START + (15 * place + late) * SECOND
        if state is None:
            rows["fix_source"][place] = FixSource.NONE
    question = Question(
        rulebook=Rulebook(
            revision=1, organisation_parents={1: None}, devices=(device,), rules=(rule(**changes),),
            **(book or {}),
        ),
        device=device,
        rule_id=1,
        at_us=START + int(at_s * SECOND),
        state=DeviceState(),
        rows=rows,
        known_until_us=START + 3_600 * SECOND,
    )  # fmt: skip
    found = why_not(question, kinds_by_name())
    assert found.zh
    assert "{" not in found.zh + found.en
    return found


def test_a_clause_that_does_not_hold_is_named_with_its_numbers() -> None:
    slow = ask([OPEN] * 8, 60, parameters={"moving_kmh": 40})
    assert slow.code == "condition_false"
    assert "measured 30, threshold 40 km/h" in slow.en
    assert "实测 30，限值 40 km/h" in slow.zh
    closed = ask([CLOSED] * 8, 60)
    assert (closed.code, '"cover open"' in closed.en) == ("condition_false", True)
    assert [c.name for c in closed.clauses if c.value == "no"] == ["cover_closed"]
    assert closed.fix_us == START + 60 * SECOND


def test_what_is_unknown_is_said() -> None:
    assert ask([{"loaded": YES, "cover_closed": UNKNOWN}] * 8, 60).code == "unknown"
    assert ask([None] * 8, 60).code == "not_positioned"


def test_too_short_says_how_long() -> None:
    found = ask([CLOSED] * 4 + [OPEN] * 3 + [CLOSED] * 12, 75)
    assert (found.code, found.en) == ("too_short", "lasted only 30 s of 1 min")
    found = ask([CLOSED] * 4 + [OPEN] * 3 + [CLOSED] * 12, 75, gap_after=7)
    assert (found.code, found.en[:20]) == ("too_short_gap", "lasted 30 s of 1 min")
    assert ask([CLOSED] * 4 + [OPEN] * 12, 75).code == "would_be_raised"


def test_before_now_it_may_not_have_lasted_yet() -> None:
    found = ask([CLOSED] * 236 + [OPEN] * 3, 3_570)
    assert (found.code, found.en) == ("not_yet", "has lasted 30 s of 1 min so far")


def test_nothing_was_heard() -> None:
    found = ask([OPEN] * 20, 500, gap_after=10)
    assert (found.code, "5 min" in found.en) == ("gap", True)
    assert ask([OPEN] * 2, 1_200).code == "no_data"
    assert ask([], 0).code == "no_data"


def test_cool_down_and_what_was_before() -> None:
    states = [OPEN] * 8 + [CLOSED] * 8 + [OPEN] * 8
    found = ask(states, 16 * 15 + 30, parameters={"cool_down_s": 900})
    assert (found.code, "2026-03-02 02:16:45Z" in found.en) == ("cool_down", True)
    found = ask([CLOSED] * 4 + [OPEN] * 8, 60, parameters={"min_previous_s": 600})
    assert (found.code, "10 min" in found.en) == ("too_soon", True)


def test_scope_schedule_and_validity() -> None:
    assert ask([OPEN] * 8, 60, valid_from_us=START + 90 * SECOND).code == "rule_not_in_force"
    assert ask([OPEN] * 8, 60, schedule=daily((20, 6))).code == "outside_schedule"
    mixer = msgspec.structs.replace(TRUCK, kind="mixer")
    assert "mixer, not muck_truck" in ask([OPEN] * 8, 60, device=mixer).en
    assert ask([OPEN] * 8, 60, scope=Scope(device_ids=(7,))).code == "out_of_scope"
    elsewhere = msgspec.structs.replace(TRUCK, organisation_id=2)
    assert "organisation" in ask([OPEN] * 8, 60, device=elsewhere).en


def test_a_rule_that_failed_says_so() -> None:
    mars = Schedule(zone="Mars/Olympus", windows=daily((1, 2)).windows)
    found = ask([OPEN] * 8, 60, schedule=mars)
    assert found.code == "rule_failing"
    assert "Mars/Olympus" in found.zh


def test_no_such_rule() -> None:
    with pytest.raises(LookupError):
        ask([OPEN], 0, id=2)


INSPECTOR = msgspec.structs.replace(TRUCK, kind="inspector")
SHIFT = Shift(device_id=1, starts_us=START - 3_600 * SECOND, ends_us=START + 7_200 * SECOND)


def silence(at_s: float, **more: Any) -> Answer:
    """An inspector heard at 0:00 and from 10:15 to 10:30, then never."""
    given = {"shifts": (SHIFT,)} | more
    more = {"device": INSPECTOR, "kind": "inspector_silent", "book": given}
    return ask([CLOSED] * 3, at_s, gap_after=1, **more)


def test_silence() -> None:
    heard = silence(300)
    assert (heard.code, "10 min 15 s of 15 min" in heard.en) == ("heard", True)
    assert silence(700).code == "would_be_raised"
    assert silence(300, shifts=()).code == "off_duty"
    outage = Outage(START + 100 * SECOND, START + 200 * SECOND)
    assert silence(300, outages=(outage,)).code == "outage"


def test_every_answer_has_words_in_both_languages() -> None:
    assert all(zh and en for zh, en in TEXTS.values())


def test_a_period_is_told_in_runs_that_agree_with_each_single_question() -> None:
    states = [CLOSED] * 6 + [OPEN] * 3 + [CLOSED] * 12 + [OPEN] * 12 + [None] * 4 + [CLOSED] * 4
    rows = rows_of([Fix(signals=state or {}) for state in states])
    late = np.where(np.arange(len(states)) >= 24, 600, 0)
    rows["time_us"] = START + (15 * np.arange(len(states)) + late) * SECOND
    rows["fix_source"][[state is None for state in states]] = FixSource.NONE
    versions = (
        rule(valid_to_us=START + 900 * SECOND),
        rule(version=2, valid_from_us=START + 900 * SECOND, scope=Scope(device_ids=(7,))),
    )
    end_us = START + 1_300 * SECOND
    question = Question(
        rulebook=Rulebook(
            revision=1, organisation_parents={1: None}, devices=(TRUCK,), rules=versions
        ),
        device=TRUCK, rule_id=1, at_us=START - 30 * SECOND, until_us=end_us, state=DeviceState(),
        rows=rows, known_until_us=end_us,
    )  # fmt: skip
    runs = why_not_between(question, kinds_by_name())
    assert [(r.from_us - START) // SECOND for r in runs] == [
        -30, 0, 90, 135, 315, 345, 900,
    ]  # fmt: skip
    assert [r.answer.code for r in runs] == [
        "no_data", "condition_false", "too_short", "condition_false", "too_short_gap", "gap",
        "out_of_scope",
    ]  # fmt: skip
    assert all(a.to_us == b.from_us for a, b in pairwise(runs))
    assert runs[-1].to_us == end_us
    for time_us in rows["time_us"].tolist():
        single = why_not(dataclasses.replace(question, at_us=time_us), kinds_by_name())
        run = next(run for run in runs if run.from_us <= time_us < run.to_us)
        assert run.answer.code == single.code


def test_a_period_of_silence() -> None:
    rows = rows_of([Fix()] * 3)
    rows["time_us"] = START + np.array([0, 60, 1_860]) * SECOND
    question = Question(
        rulebook=Rulebook(
            revision=1, organisation_parents={1: None}, devices=(INSPECTOR,), shifts=(SHIFT,),
            rules=(rule(kind="inspector_silent"),),
        ),
        device=INSPECTOR, rule_id=1, at_us=START, until_us=START + 2_400 * SECOND,
        state=DeviceState(), rows=rows, known_until_us=START + 2_400 * SECOND,
    )  # fmt: skip
    runs = why_not_between(question, kinds_by_name())
    assert [(run.answer.code, (run.from_us - START) // SECOND) for run in runs] == [
        ("heard", 0), ("would_be_raised", 60), ("silent_so_far", 1_860),
    ]  # fmt: skip


def test_what_is_known_better_is_laid_over() -> None:
    first, second = answer("off_duty"), answer("outage", before_us=0, after_us=0)
    runs = [Run(from_us=0, to_us=10, answer=first), Run(from_us=10, to_us=20, answer=first)]
    found = overlaid(runs, 5, 15, second)
    assert [(r.from_us, r.to_us, r.answer.code) for r in found] == [
        (0, 5, "off_duty"), (5, 15, "outage"), (15, 20, "off_duty"),
    ]  # fmt: skip


def test_a_kind_that_follows_names_the_part_that_is_missing() -> None:
    empty = ask([{"loaded": NO, "body_raised": NO}] * 8, 60, kind="illegal_dumping")
    assert (empty.code, '"loaded until shortly before"' in empty.en) == ("condition_false", True)
    full = ask([{"loaded": YES, "body_raised": NO}] * 8, 105, kind="illegal_dumping")
    assert [c.value for c in full.clauses] == ["yes", "yes", "no", "yes"]
    assert "车厢" in full.zh
