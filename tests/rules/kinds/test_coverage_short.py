"""Case table of coverage_short: a road of two carriageways 24 m apart, 1 km each, east and west."""

from __future__ import annotations

import numpy as np
import pytest

from model.fences import Window
from model.position import FixSource, Rows
from model.signals import NO, YES, pack
from rules.registry import kinds_by_name
from tests.rules.kinds.city import EVERY_DAY, Fix, assign, at, fence, rows_of, when
from tests.rules.kinds.owing import book_of, judged, verdicts, word

EAST, WEST = [at(0, 0), at(500, 0), at(1000, 0)], [at(1000, 24), at(0, 24)]
ROAD = fence(
    1, "road_set", {"type": "MultiLineString", "coordinates": [EAST, WEST]}, half_width_m=8
)
BOOK = book_of("coverage_short", [ROAD], "work_road", {"both_ways": 0})
DOWN, UP = {"brush_down": YES}, {"brush_down": NO}


def drive(
    x_m: tuple[float, float] = (0, 1000), y_m: float = 0, course: int = 90, start_s: float = 60,
    kmh: float = 9, step_s: float = 6, signals: dict[str, int] | None = None,
) -> Rows:  # fmt: skip
    """Along the road at 9 km/h, 15 m a fix."""
    length_m = abs(x_m[1] - x_m[0])
    count = int(length_m / (kmh / 3.6 * step_s)) + 1
    places = np.linspace(*x_m, count)
    rows = rows_of(
        [Fix(x, y_m, speed=kmh, course=course, signals=DOWN if signals is None else signals)
         for x in places]
    )  # fmt: skip
    rows["time_us"] = when("2026-03-02T10:00") + np.arange(count) * int(step_s * 1e6)
    rows["time_us"] += int(start_s * 1e6)
    return rows


def hour(*parts: Rows) -> Rows:
    """The parts, and standing beside the road with the brush up for the rest of the hour."""
    rest = rows_of([Fix(-300, 0, speed=0, signals=UP)] * 250)
    rest["time_us"] = when("2026-03-02T09:59") + np.arange(250) * 15_000_000
    driven = np.concatenate(parts) if parts else rest[:0]
    for part in parts:
        inside = (rest["time_us"] >= part["time_us"][0]) & (rest["time_us"] <= part["time_us"][-1])
        rest = rest[~inside]
    return np.concatenate([driven, rest])


THERE, BACK = drive(), drive((1000, 0), 24, 270, start_s=600)
CASES = [
    ("both carriageways", hour(THERE, BACK), "no"),
    ("one carriageway twice", hour(THERE, drive(start_s=900)), "yes"),
    ("the other one driven against its direction", hour(
        THERE, drive((0, 1000), 24, 90, start_s=900)
    ), "yes"),
    ("with the brush up", hour(THERE, drive((1000, 0), 24, 270, 600, signals=UP)), "yes"),
    ("too fast", hour(THERE, drive((1000, 0), 24, 270, 600, kmh=40)), "yes"),
    ("a seventh of one missed", hour(THERE, drive((1000, 150), 24, 270, 600)), "no"),
    ("more of it missed", hour(THERE, drive((1000, 250), 24, 270, 600)), "yes"),
    ("on the road beside it", hour(THERE, drive((1000, 0), 60, 270, 600)), "yes"),
    ("fixes of 20 s", hour(drive(step_s=20), drive((1000, 0), 24, 270, 600, step_s=20)), "no"),
    ("nothing", hour(), "yes"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rows", "said"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, rows: Rows, said: str) -> None:
    assert word(BOOK, rows) == said


def test_measures_and_missed_pieces() -> None:
    (found,) = judged(BOOK, hour(THERE, drive((1000, 240), 24, 270, 600)))
    measures = found.verdict.measures
    assert measures["length_km"] == 2
    assert measures["covered_pct"] == pytest.approx(100 * 1760 / 2000, abs=1.1)
    (line,) = measures["missed"]["coordinates"]
    assert np.array([line[0], line[-1]]) == pytest.approx(
        np.array([at(240, 24), at(0, 24)]), abs=3e-4
    )
    assert found.verdict.where == tuple(line[0])


def test_whose_signal_is_unknown_or_who_was_not_heard_is_not_judged() -> None:
    rows = hour(THERE, BACK)
    rows["signals"][:] = 0
    assert word(BOOK, rows) == "unknown: signal_unknown"
    rows = hour(THERE, BACK)
    rows["fix_source"][:] = FixSource.NONE
    assert word(BOOK, rows) == "unknown: no_position"
    sparse = hour(drive(step_s=60, kmh=5), drive((1000, 0), 24, 270, 900, 5, 60))
    assert word(BOOK, sparse) == "unknown: not_heard", "between such fixes nothing is filled in"


def test_what_was_covered_while_nobody_heard_is_not_held_against_it() -> None:
    rows = hour(THERE, drive((1000, 250), 24, 270, 600))
    assert word(BOOK, rows) == "yes"
    lost = (rows["time_us"] > when("2026-03-02T10:50")) & (
        rows["time_us"] < when("2026-03-02T10:56")
    )
    assert word(BOOK, rows[~lost]) == "no"


def test_passes_lie_apart() -> None:
    twice = book_of("coverage_short", [ROAD], "work_road", {"passes": 2, "both_ways": 1})
    again = drive((0, 1000), 0, 90, 1200), drive((1000, 0), 24, 270, 1800)
    assert word(twice, hour(THERE, BACK)) == "yes"
    assert word(twice, hour(THERE, BACK, *again)) == "no"
    far = book_of("coverage_short", [ROAD], "work_road", {"passes": 2, "pass_gap_min": 30})
    assert word(far, hour(THERE, BACK, *again)) == "yes"


def test_there_and_back_in_one_go_are_two_passes_far_from_the_turn() -> None:
    one_line = fence(2, "corridor", {"type": "LineString", "coordinates": EAST}, half_width_m=8)
    book = book_of(
        "coverage_short", [one_line], "work_road",
        {"passes": 2, "pass_gap_min": 1, "required_pct": 90},
    )  # fmt: skip
    back = drive((1000, 0), 0, 270, start_s=60 + 66 * 6 + 6)
    measures = verdicts(book, hour(THERE, back))[0][1]
    assert measures["covered_pct"] == pytest.approx(93, abs=5)


def test_water_trucks_are_asked_for_their_pump() -> None:
    book = book_of("coverage_short", [ROAD], "work_road", {"both_ways": 0}, unit="water_truck")
    rows = hour(THERE, BACK)
    assert word(book, rows) == "unknown: signal_unknown"
    swept = rows["signals"] == pack(**DOWN)
    rows["signals"] = np.where(swept, pack(spraying=YES), pack(spraying=NO))
    assert word(book, rows) == "no"


def test_areas_have_no_carriageways() -> None:
    ring = [at(0, 0), at(100, 0), at(100, 100), at(0, 0)]
    area = fence(3, "polygon", {"type": "Polygon", "coordinates": [ring]})
    windows = (Window(EVERY_DAY, 600, 660),)
    book = book_of("coverage_short", [area], [assign(3, "work_road", windows=windows)])
    assert verdicts(book, hour()) == []


def test_sentence() -> None:
    kind = kinds_by_name()["coverage_short"]
    assert kind.sentence({"covered_pct": 62.0}, "zh") == "作业时段内作业道路只覆盖了62%"
    assert kind.sentence({"covered_pct": 62.0}, "en") == (
        "only 62 % of its roads were covered in the window"
    )
