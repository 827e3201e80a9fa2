"""Case table of point_not_served: two points 300 m apart, 30 m around each, a fix every 15 s."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from model.fences import Window
from model.position import FixSource, Rows
from model.rulebook import FAR_FUTURE_US
from rules.registry import kinds_by_name
from tests.rules.kinds.city import EVERY_DAY, Fix, assign, at, daily, fence, rows_of, square, when
from tests.rules.kinds.owing import TEN_TO_ELEVEN, book_of, judged, verdicts, word

POINTS = fence(
    1, "point_set", {"type": "MultiPoint", "coordinates": [at(0, 0), at(300, 0)]}, radius_m=30
)
BOOK = book_of("point_not_served", [POINTS], "collection")
AWAY, FIRST, SECOND = Fix(0, 500), Fix(0, 20, speed=0), Fix(290, 0, speed=0)


def day(*runs: tuple[int, Fix], begin: str = "2026-03-02T09:58") -> Rows:
    """Runs of fixes from two minutes before ten, then away until past eleven."""
    fixes = [AWAY] * 20 + [fix for count, fix in runs for _ in range(count)]
    rows = rows_of([*fixes, *[AWAY] * (260 - len(fixes))])
    rows["time_us"] = when(begin) + np.arange(len(rows)) * 15_000_000
    return rows


CASES = [
    ("both served", day((4, FIRST), (4, SECOND)), "no"),
    ("one only passed", day((4, FIRST), (1, SECOND)), "yes"),
    ("a stay of 15 s", day((4, FIRST), (2, SECOND)), "yes"),
    ("a stay of 30 s", day((4, FIRST), (3, SECOND)), "no"),
    ("an outlier in the stay", day((4, FIRST), (2, SECOND), (2, AWAY), (2, SECOND)), "no"),
    ("two passages are no stay", day((4, FIRST), (1, SECOND), (8, AWAY), (1, SECOND)), "yes"),
    ("none", day(), "yes"),
    ("in doubt about the accuracy", day((4, FIRST), (4, Fix(335, speed=0))), "no"),
    ("beyond all doubt", day((4, FIRST), (4, Fix(345, speed=0))), "yes"),
    ("by a fix too poor", day((4, FIRST), (4, Fix(300, speed=0, accuracy=80))), "yes"),
    ("after the window", day((4, FIRST), begin="2026-03-02T10:10"), "yes"),
]


@pytest.mark.parametrize(("name", "rows", "said"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, rows: Rows, said: str) -> None:
    assert word(BOOK, rows) == said


def test_the_finding_lists_what_was_missed_and_stands_there() -> None:
    (found,) = judged(BOOK, day((4, FIRST)))
    assert found.verdict.where == pytest.approx(at(300, 0))
    assert found.verdict.measures == {
        "missed_points": 1, "served_points": 1, "total_points": 2, "served_share": 0.5,
        "missed": {"type": "MultiPoint", "coordinates": [at(300, 0)]}, "known_share": 1.0,
    }  # fmt: skip


def test_who_was_not_heard_or_not_placed_cannot_be_judged() -> None:
    silent = day()
    keep = np.ones(len(silent), bool)
    keep[40:150] = False
    assert word(BOOK, silent[keep]) == "unknown: not_heard"
    keep[[60, 80, 100, 120, 140]] = True  # five minutes apart
    assert word(BOOK, silent[keep]) == "yes"
    silent["fix_source"][40:150] = FixSource.NONE
    assert word(BOOK, silent) == "unknown: no_position"


def test_part_of_the_points_may_do() -> None:
    half = book_of("point_not_served", [POINTS], "collection", {"required_share": 0.5})
    assert word(half, day((4, FIRST))) == "no"


def test_each_window_is_a_duty_of_its_own() -> None:
    windows = tuple(Window(EVERY_DAY, a, b) for a, b in [(600, 615), (615, 660), (630, 632)])
    book = book_of("point_not_served", [POINTS], [assign(1, "collection", windows=windows)])
    rows = day((4, FIRST), (4, SECOND))
    assert [said for said, _ in verdicts(book, rows)] == ["no", "yes", "yes"]


@pytest.mark.parametrize("more", [
    {"valid_from_us": when("2026-03-02T10:01")},
    {"valid_to_us": when("2026-03-02T10:59")},
    {"windows": (Window((2,), 600, 660),)},
])  # fmt: skip
def test_only_a_window_that_is_assigned_whole_is_owed(more: dict[str, Any]) -> None:
    values = {"windows": TEN_TO_ELEVEN} | more
    book = book_of("point_not_served", [POINTS], [assign(1, "collection", **values)])
    assert verdicts(book, day()) == []


def test_without_windows_the_whole_day_is_owed() -> None:
    book = book_of("point_not_served", [POINTS], [assign(1, "collection")])
    rows = rows_of([AWAY] * 400)
    rows["time_us"] = when("2026-03-02T00:01") + np.arange(400) * 290_000_000
    assert [said for said, _ in verdicts(book, rows)] == ["yes"]


@pytest.mark.parametrize(("more", "count"), [
    ({"schedule": daily((10, 11))}, 1),
    ({"schedule": daily((11, 12))}, 0),
    ({"fence_ids": (1,)}, 1),
    ({"fence_ids": (2,)}, 0),
    ({"valid_from_us": when("2026-03-02T10:30")}, 0),
    ({"valid_from_us": 0, "valid_to_us": when("2026-03-02T10:30")}, 0),
    ({"valid_from_us": 0, "valid_to_us": FAR_FUTURE_US}, 1),
])  # fmt: skip
def test_schedule_fences_and_validity_are_the_rules(more: dict[str, Any], count: int) -> None:
    book = book_of("point_not_served", [POINTS, square(2, 0, 0, 9)], "collection", **more)
    assert len(verdicts(book, day())) == count


def test_sentence() -> None:
    kind = kinds_by_name()["point_not_served"]
    measures = {"missed_points": 3, "total_points": 20}
    assert kind.sentence(measures, "zh") == "到收运时限20个点位中有3个点位未收运"
    assert kind.sentence(measures, "en") == "3 of 20 points not served by the end of the window"
