"""Case table of missed_check_in: three points 300 m apart, a fix a minute from eight to nine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from model.fences import Window
from model.position import FixSource, Rows
from model.signals import YES
from rules.registry import kinds_by_name
from rules.state import DeviceState
from rules.why_not import Question, why_not
from tests.rules.kinds.city import EVERY_DAY, Fix, assign, at, fence
from tests.rules.kinds.owing import book_of, judged, verdicts, word
from tests.rules.kinds.patrolling import END_US, LOST, SILENT, START_US, morning

POINTS = fence(
    1, "point_set", {"type": "MultiPoint", "coordinates": [at(0, 0), at(300, 0), at(600, 0)]},
    radius_m=50,
)  # fmt: skip
WINDOW = (Window(EVERY_DAY, 8 * 60, 9 * 60),)
ROUND = [assign(1, "check_in", windows=WINDOW)]
BOOK = book_of("missed_check_in", [POINTS], ROUND)
FIRST, SECOND, THIRD, NOWHERE = (Fix(x, 0, speed=4, accuracy=8) for x in (0, 300, 600, 3_000))
AWAY = (10, NOWHERE)


def from_ten_before(*runs: tuple[int, Fix | None]) -> Rows:
    rows = morning(*runs)
    rows["time_us"][:-1] -= 10 * 60_000_000
    return rows


CASES = [
    ("all in order", [AWAY, (20, FIRST), (20, SECOND), (20, THIRD), AWAY], "no"),
    ("in the tolerance", [(9, FIRST), (61, SECOND), (9, THIRD)], "no"),
    ("one missed", [AWAY, (20, FIRST), (40, SECOND), AWAY], "yes"),
    ("the other way round", [AWAY, (20, THIRD), (20, SECOND), (20, FIRST), AWAY], "yes"),
    ("come back in order", [AWAY, (5, SECOND), (15, FIRST), (20, SECOND), (20, THIRD), AWAY], "no"),
    ("all in one go, then away", [(80, NOWHERE)], "yes"),
    ("hardly heard", [(20, FIRST), (60, SILENT)], "unknown: not_heard"),
    ("no position", [(80, LOST)], "unknown: no_position"),
]


@pytest.mark.parametrize(("name", "runs", "said"), CASES, ids=[c[0] for c in CASES])
def test_case(name: str, runs: list[tuple[int, Fix | None]], said: str) -> None:
    assert word(BOOK, from_ten_before(*runs)) == said


def pressed(fix: Fix, **more: Any) -> Fix:
    """The handset sends a check-in there."""
    return replace(fix, signals={"check_in": YES}, **more)


IN_FIRST, IN_SECOND, IN_THIRD = pressed(FIRST), pressed(SECOND), pressed(THIRD)
VAGUE = {"accuracy": 900, "source": FixSource.LBS}
EVENTS = [
    ("all pressed", [(20, FIRST), (1, IN_FIRST), (20, SECOND), (1, IN_SECOND), (20, THIRD),
                     (1, IN_THIRD), (17, NOWHERE)], "no"),
    ("there, but one not pressed", [(20, FIRST), (1, IN_FIRST), (20, SECOND), (20, THIRD),
                                    (1, IN_THIRD), (18, NOWHERE)], "yes"),
    ("pressed in the wrong order", [(20, SECOND), (1, IN_SECOND), (20, FIRST), (1, IN_FIRST),
                                    (20, THIRD), (1, IN_THIRD), (17, NOWHERE)], "yes"),
    ("passed in the wrong order, pressed in the right one",
     [(10, SECOND), (10, FIRST), (1, IN_FIRST), (20, SECOND), (1, IN_SECOND), (20, THIRD),
      (1, IN_THIRD), (17, NOWHERE)], "no"),
    ("pressed far from every point", [(20, FIRST), (20, SECOND), (20, THIRD),
                                      (1, pressed(NOWHERE)), (19, NOWHERE)], "yes"),
    ("pressed where nobody knows", [(20, FIRST), (1, IN_FIRST), (20, SECOND), (1, IN_SECOND),
                                    (10, LOST), (1, pressed(LOST)), (27, NOWHERE)],
     "unknown: poor_gnss"),
    ("too few pressed for that to explain", [(20, FIRST), (1, IN_FIRST), (10, LOST),
                                             (1, pressed(LOST)), (48, NOWHERE)], "yes"),
    ("without a place, but a minute after one", [(20, FIRST), (1, IN_FIRST), (20, SECOND),
                                                 (1, IN_SECOND), (20, THIRD),
                                                 (1, pressed(THIRD, **VAGUE)), (17, NOWHERE)],
     "no"),
    ("at the very moment an outlier", [(20, FIRST), (1, pressed(NOWHERE)), (20, SECOND),
                                       (1, IN_SECOND), (20, THIRD), (1, IN_THIRD),
                                       (17, NOWHERE)], "no"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "runs", "said"), EVENTS, ids=[c[0] for c in EVENTS])
def test_check_ins_of_the_handset(name: str, runs: list[tuple[int, Fix | None]], said: str) -> None:
    assert word(BOOK, from_ten_before(*runs)) == said


def test_which_way_the_rule_wants() -> None:
    by_place = from_ten_before((25, FIRST), (25, SECOND), (30, THIRD))
    pressed_once = from_ten_before((25, FIRST), (1, IN_FIRST), (25, SECOND), (29, THIRD))
    expected = {0: ("no", "no"), 1: ("no", "yes"), 2: ("yes", "yes")}
    for way, words in expected.items():
        book = book_of("missed_check_in", [POINTS], ROUND, {"by_events": way})
        assert (word(book, by_place), word(book, pressed_once)) == words


def test_why_not_says_by_what_it_was_judged() -> None:
    rows = from_ten_before((25, FIRST), (1, IN_FIRST), (25, SECOND), (29, THIRD))
    question = Question(
        rulebook=BOOK, device=BOOK.devices[0], rule_id=9, at_us=START_US + 60_000_000,
        state=DeviceState(), rows=rows, known_until_us=END_US,
    )  # fmt: skip
    found = why_not(question, kinds_by_name())
    assert found.code == "would_be_raised"
    said = {clause.name: (clause.value, clause.measured) for clause in found.clauses}
    assert said == {"missed": ("yes", 2), "out_of_order": ("no", 0)}
    assert "手机签到" in found.clauses[0].zh
    done = from_ten_before((25, FIRST), (25, SECOND), (30, THIRD))
    found = why_not(replace(question, rows=done), kinds_by_name())
    assert (found.code, {clause.value for clause in found.clauses}) == ("duty_done", {"no"})
    assert "到过" in found.clauses[0].zh


def test_what_is_measured_and_where() -> None:
    (found,) = judged(BOOK, from_ten_before((20, THIRD), (20, SECOND), (40, NOWHERE)))
    measures = found.verdict.measures
    assert (measures["missed_points"], measures["out_of_order_points"]) == (1, 1)
    assert measures["total_points"] == 3
    assert found.verdict.where == pytest.approx(at(0, 0), abs=1e-6)
    assert found.duty.from_us == START_US - 600_000_000
    assert found.duty.due_us == END_US - 3 * 3_600_000_000 + 600_000_000


def test_any_order_and_some_points_when_the_rule_says_so() -> None:
    turned = from_ten_before((25, THIRD), (25, SECOND), (30, FIRST))
    assert word(book_of("missed_check_in", [POINTS], ROUND, {"in_order": 0}), turned) == "no"
    two = from_ten_before((40, FIRST), (40, SECOND))
    assert word(book_of("missed_check_in", [POINTS], ROUND, {"required_share": 0.6}), two) == "no"
    assert verdicts(book_of("missed_check_in", [POINTS], [assign(1, "collection")]), two) == []


def test_sentences() -> None:
    kind = kinds_by_name()["missed_check_in"]
    measures = {"missed_points": 1, "out_of_order_points": 2, "total_points": 5}
    assert kind.sentence(measures, "zh") == "5个签到点中漏签1个，2个未按顺序"
    assert kind.sentence(measures, "en") == "1 of 5 check-in points missed, 2 out of order"
    measures = {"missed_points": 2, "there_without_check_in": 1, "total_points": 5}
    assert kind.sentence(measures, "zh") == "5个签到点中漏签2个（其中1个到过未签）"
    assert kind.sentence(measures, "en") == (
        "2 of 5 check-in points missed (1 of them passed without checking in)"
    )
