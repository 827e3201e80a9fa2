"""Case table of route_not_finished: a route 2 km east, then 1 km north; a fix every 10 s."""

from __future__ import annotations

import numpy as np
import pytest

from model.position import FixSource, Rows
from rules.registry import kinds_by_name
from tests.rules.kinds.city import Fix, at, fence, rows_of, when
from tests.rules.kinds.owing import book_of, judged, word

ROUTE = fence(
    1, "route", {"type": "LineString", "coordinates": [at(0, 0), at(2000, 0), at(2000, 1000)]},
    half_width_m=20,
)  # fmt: skip
BOOK = book_of("route_not_finished", [ROUTE], "route")


def along(begin_m: float, end_m: float, step_m: float = 100, beside_m: float = 0) -> list[Fix]:
    """Along the route by metres, at 36 km/h."""
    found = []
    back = 180 if end_m < begin_m else 0
    for m in np.linspace(begin_m, end_m, int(abs(end_m - begin_m) / step_m) + 1).tolist():
        if m <= 2000:
            found.append(Fix(m, -beside_m, course=(90 + back) % 360))
        else:
            found.append(Fix(2000 + beside_m, m - 2000, course=back))
    return found


def day(fixes: list[Fix]) -> Rows:
    """Within the hour, then at rest off the route."""
    away = Fix(-500, 500, speed=0)
    rows = rows_of([*[away] * 10, *fixes, *[away] * (380 - len(fixes))])
    rows["time_us"] = when("2026-03-02T09:59") + np.arange(len(rows)) * 10_000_000
    return rows


CASES = [
    ("whole", along(0, 3000), "no"),
    ("beside it, within the width", along(0, 3000, beside_m=25), "no"),
    ("too far beside it", along(0, 3000, beside_m=45), "yes"),
    ("half", along(0, 1500), "yes"),
    ("only its end: progress is not where it was last", along(2400, 3000), "yes"),
    ("nine tenths and a bit", along(0, 2800), "no"),
    ("in two parts", [*along(0, 1500), *[Fix(1500, 300)] * 20, *along(1400, 3000)], "no"),
    ("backwards", along(3000, 0), "yes"),
    ("fixes 1.5 km apart", along(0, 3000, step_m=1500), "yes"),
    ("nothing", [], "yes"),
]


@pytest.mark.parametrize(("name", "fixes", "said"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fixes: list[Fix], said: str) -> None:
    assert word(BOOK, day(fixes)) == said


def test_both_ways_may_count() -> None:
    book = book_of("route_not_finished", [ROUTE], "route", {"both_ways": 1})
    assert word(book, day(along(3000, 0))) == "no"


def test_the_finding_stands_where_the_missed_part_begins() -> None:
    (found,) = judged(BOOK, day(along(0, 1500)))
    assert found.verdict.measures["covered_pct"] == pytest.approx(50, abs=1)
    assert found.verdict.where == pytest.approx(at(1500, 0), abs=2e-4)
    (line,) = found.verdict.measures["missed"]["coordinates"]
    assert len(line) >= 3, "around the corner"


def test_without_positions_it_cannot_be_judged() -> None:
    rows = day(along(0, 3000))
    rows["fix_source"][60:] = FixSource.NONE
    assert word(BOOK, rows) == "unknown: no_position"


def test_a_road_that_comes_back_on_itself_must_be_driven_both_ways() -> None:
    line = {"type": "LineString", "coordinates": [at(0, 0), at(1000, 0), at(0, 0)]}
    book = book_of("route_not_finished", [fence(2, "route", line, half_width_m=20)], "route")
    assert word(book, day(along(0, 1000))) == "yes"
    assert word(book, day([*along(0, 1000), *along(1000, 0)])) == "no"


def test_sentence() -> None:
    kind = kinds_by_name()["route_not_finished"]
    assert kind.sentence({"covered_pct": 62.0}, "zh") == "时限内只完成线路的62%"
    assert kind.sentence({"covered_pct": 62.0}, "en") == (
        "only 62 % of the route was driven in its window"
    )
