"""Case table of frozen_position."""

from __future__ import annotations

import pytest

from model.position import FixSource
from tests.rules.kinds.city import Fix, daily
from tests.rules.kinds.followed import Step, followed

GNSS = FixSource.GNSS


def at(
    s: int, x_m: float, speed: float | None, odometer: int = -1, source: FixSource = GNSS
) -> Step:
    return Step(s, Fix(x_m=x_m, speed=speed, source=source), odometer)


CASES = [
    ("driving", [at(0, 0, 30), at(15, 120, 30)], ["no", "no"]),
    ("frozen by speed", [at(0, 0, 30), at(15, 0, 30), at(30, 0, 10)], ["no", "yes", "yes"]),
    ("slower than moving", [at(0, 0, 0), at(15, 0, 9.9)], ["no", "no"]),
    ("standing", [at(0, 0, 0, 100), at(15, 0, 0, 100)], ["no", "no"]),
    (
        "frozen by odometer",
        [at(0, 0, 0, 100), at(15, 0, 0, 299), at(30, 0, 0, 300), at(45, 0, 0, 300)],
        ["no", "no", "yes", "yes"],
    ),
    ("thawed", [at(0, 0, 30), at(15, 0, 30), at(30, 40, 30)], ["no", "yes", "no"]),
    ("two reports of one second", [at(0, 0, 30), at(0, 0, 40), at(15, 99, 30)], ["no"] * 3),
    ("nothing tells", [at(0, 0, None), at(15, 0, None)], ["no", "unknown: speed_unknown"]),
    ("speed unknown, odometer stands", [at(0, 0, None, 5), at(9, 0, None, 5)], ["no", "no"]),
    (
        "cell towers repeat their place",
        [at(0, 0, 30, -1, FixSource.LBS), at(15, 0, 30, -1, FixSource.LBS)],
        ["unknown: speed_unknown"] * 2,
    ),
    (
        "an odometer that begins later counts from then",
        [at(0, 0, 0), at(15, 0, 0, 5000), at(30, 0, 0, 5100), at(45, 0, 0, 5200)],
        ["no", "no", "no", "yes"],
    ),
]


@pytest.mark.parametrize(("name", "steps", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, steps: list[Step], expected: list[str]) -> None:
    assert followed("frozen_position", steps) == expected


def test_not_positioned_is_unknown_and_keeps_the_memory() -> None:
    steps = [at(0, 0, 30), at(15, 0, 30, -1, FixSource.NONE), at(30, 0, 30)]
    assert followed("frozen_position", steps) == ["no", "unknown: no_position", "yes"]


def test_schedule_narrows_the_rule() -> None:
    steps = [at(0, 0, 30), at(15, 0, 30)]
    assert followed("frozen_position", steps, schedule=daily((20, 6))) == ["no", "no"]
