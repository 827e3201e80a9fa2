"""Case table of uncovered_load, and its truth table over all states of the signals."""

from __future__ import annotations

from itertools import product

import pytest

from model.position import FixSource
from model.signals import NO, UNKNOWN, YES, YES_ALSO
from rules.registry import kinds_by_name
from tests.rules.kinds.city import WORDS, City, Fix, daily, square

CITY = City([square(1, 1000, 0, 200, tags=("site",)), square(2, 0, 0, 300, tags=("district",))])
OPEN = {"loaded": YES, "cover_closed": NO}

CASES = [
    ("loaded, open, driving", Fix(signals=OPEN), "yes"),
    ("half loaded", Fix(signals={"loaded": YES_ALSO, "cover_closed": NO}), "yes"),
    ("at the limit", Fix(speed=5, signals=OPEN), "yes"),
    ("slower than moving", Fix(speed=4.9, signals=OPEN), "no"),
    ("covered", Fix(signals={"loaded": YES, "cover_closed": YES}), "no"),
    ("empty", Fix(signals={"loaded": NO, "cover_closed": NO}), "no"),
    ("inside the site", Fix(x_m=1000, signals=OPEN), "no"),
    ("empty, cover unknown", Fix(signals={"loaded": NO}), "no"),
    ("cover unknown", Fix(signals={"loaded": YES}), "unknown: signal_unknown"),
    ("load unknown", Fix(signals={"cover_closed": NO}), "unknown: signal_unknown"),
    ("no sensors at all", Fix(), "unknown: signal_unknown"),
    ("speed unknown", Fix(speed=None, signals=OPEN), "unknown: speed_unknown"),
    ("no position", Fix(source=FixSource.NONE, signals=OPEN), "unknown: no_position"),
]


@pytest.mark.parametrize(("name", "fix", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fix: Fix, expected: str) -> None:
    assert CITY.verdict("uncovered_load", fix) == expected


def test_every_combination() -> None:
    """One no acquits, one unknown leaves it open, three times yes accuses."""
    states = list(product((UNKNOWN, NO, YES, YES_ALSO), (UNKNOWN, NO, YES), (None, 0, 40)))
    fixes = [
        Fix(speed=speed, device=i, signals={"loaded": loaded, "cover_closed": closed})
        for i, (loaded, closed, speed) in enumerate(states, 1)
    ]
    column = CITY.judge("uncovered_load", fixes)
    for (loaded, closed, speed), value in zip(states, column.value.tolist(), strict=True):
        acquitted = loaded == NO or closed == YES or speed == 0
        open_question = loaded == UNKNOWN or closed == UNKNOWN or speed is None
        expected = "no" if acquitted else "unknown" if open_question else "yes"
        assert WORDS[value] == expected, (loaded, closed, speed)


def test_sites_are_judged_when_asked() -> None:
    fix = Fix(x_m=1000, signals=OPEN)
    assert CITY.verdict("uncovered_load", fix, parameters={"inside_sites": 1.0}) == "yes"


def test_fences_and_schedule_narrow_the_rule() -> None:
    inside, outside = Fix(signals=OPEN), Fix(x_m=-1000, signals=OPEN)
    assert CITY.verdict("uncovered_load", inside, fence_tags=("district",)) == "yes"
    assert CITY.verdict("uncovered_load", outside, fence_tags=("district",)) == "no"
    assert CITY.verdict("uncovered_load", inside, schedule=daily((20, 6))) == "no"


def test_sentence() -> None:
    kind = kinds_by_name()["uncovered_load"]
    measures = {"max_speed_kmh": 41.0, "duration_s": 380.0, "fixes": 26, "unknown_s": 0.0}
    assert kind.sentence(measures, "zh") == "满载、篷盖未闭，最高41 km/h，持续6分20秒"
    assert kind.sentence(measures, "en") == "loaded, cover open, up to 41 km/h for 6 min 20 s"
    assert kind.sentence({"duration_s": 60.0}, "en") == "loaded, cover open for 1 min"
