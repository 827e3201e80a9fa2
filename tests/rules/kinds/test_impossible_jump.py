"""Case table of impossible_jump: one outlier, one jump, and the third one that accuses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.position import FixSource
from tests.rules.kinds.city import Fix, daily
from tests.rules.kinds.followed import Step, followed

FAR_M = 5_000  # 10 s apart: 1,800 km/h


def at(s: int, x_m: float, accuracy: int = -1, source: FixSource = FixSource.GNSS) -> Step:
    return Step(s, Fix(x_m=x_m, accuracy=accuracy, source=source))


def there_and_back(times: int, every_s: int = 60) -> list[Step]:
    """Now here, now there, two fixes each: `times` confirmed jumps."""
    steps = []
    for number in range(times + 1):
        x_m = FAR_M * (number % 2)
        steps += [at(number * every_s, x_m), at(number * every_s + 10, x_m)]
    return steps


CASES = [
    ("one fix", [at(0, 0)], ["no"]),
    ("driving fast", [at(0, 0), at(10, 500), at(20, 1000)], ["no"] * 3),
    ("an outlier accuses nobody", [at(0, 0), at(10, FAR_M), at(20, 0)], ["no"] * 3),
    ("a jump accuses nobody", [at(0, 0), at(10, FAR_M), at(20, FAR_M)], ["no"] * 3),
    ("two jumps", there_and_back(2), ["no"] * 6),
    ("the third", there_and_back(3), [*["no"] * 7, "yes"]),
    ("and the fourth", there_and_back(4), [*["no"] * 7, "yes", "no", "yes"]),
    ("too far apart in time", there_and_back(4, every_s=901), ["no"] * 10),
    (
        "a way that time explains",
        [at(0, 0), at(3600, 20_000), at(3610, 20_000)],
        ["no"] * 3,
    ),
    (
        "network fixes and poor ones show nothing",
        [at(0, 0), at(10, FAR_M, 1000), at(20, FAR_M, source=FixSource.LBS), at(30, 0)],
        ["no", "unknown: poor_gnss", "unknown: poor_gnss", "no"],
    ),
    ("no position", [at(0, 0, source=FixSource.NONE)], ["unknown: no_position"]),
]


@pytest.mark.parametrize(("name", "steps", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, steps: list[Step], expected: list[str]) -> None:
    assert followed("impossible_jump", steps) == expected


def test_accuracy_shortens_the_way() -> None:
    """700 m in 10 s are 252 km/h, or 180 when both fixes may be 100 m off."""
    one: dict[str, float] = {"jumps": 1}
    sharp = [at(0, 0, 5), at(10, 700, 5), at(11, 700, 5)]
    vague = [at(0, 0, 100), at(10, 700, 100), at(11, 700, 100)]
    assert followed("impossible_jump", sharp, one) == ["no", "no", "yes"]
    assert followed("impossible_jump", vague, one) == ["no", "no", "no"]


def test_three_places_confirm_nothing() -> None:
    steps = [at(10 * i, FAR_M * i * (i + 1)) for i in range(8)]
    assert "yes" not in followed("impossible_jump", steps, {"jumps": 1})


def test_schedule_narrows_the_rule() -> None:
    assert "yes" not in followed("impossible_jump", there_and_back(4), schedule=daily((20, 6)))


@settings(deadline=None)  # each example is cut between any two fixes
@given(st.lists(st.booleans(), min_size=1, max_size=10))
def test_lone_outliers_never_accuse(odd: list[bool]) -> None:
    """However many single fixes lie elsewhere, when each is followed by an honest one."""
    steps = [
        at(10 * (2 * i + half), FAR_M if wrong and half else 0)
        for i, wrong in enumerate(odd)
        for half in (0, 1)
    ]
    assert set(followed("impossible_jump", steps, {"jumps": 1})) == {"no"}
