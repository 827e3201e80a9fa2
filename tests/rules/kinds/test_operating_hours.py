"""Case table of operating_hours: transport in the centre is permitted from 20:00 to 06:00."""

from __future__ import annotations

import pytest

from model.position import FixSource
from model.rulebook import Schedule
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City, Fix, daily, square

CENTRE = square(1, 0, 0, 2000, tags=("district",))
CITY = City([CENTRE])
NIGHT = daily((20, 6))
DAY, EVENING = "2026-03-02T10:00", "2026-03-02T22:00"

CASES = [
    ("driving by day", Fix(time=DAY), "yes"),
    ("at the limit", Fix(time=DAY, speed=5), "yes"),
    ("last minute before", Fix(time="2026-03-02T19:59"), "yes"),
    ("first minute after", Fix(time="2026-03-02T06:00"), "yes"),
    ("slower than moving", Fix(time=DAY, speed=4.9), "no"),
    ("outside the centre", Fix(x_m=2100, time=DAY), "no"),
    ("permitted, before midnight", Fix(time=EVENING), "no"),
    ("permitted, after midnight", Fix(time="2026-03-03T05:59"), "no"),
    ("permitted, nothing known", Fix(time=EVENING, source=FixSource.NONE), "no"),
    ("standing, nothing else known", Fix(time=DAY, x_m=9000, speed=None), "no"),
    ("speed unknown", Fix(time=DAY, speed=None), "unknown: speed_unknown"),
    ("no position", Fix(time=DAY, source=FixSource.NONE), "unknown: no_position"),
]


@pytest.mark.parametrize(("name", "fix", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fix: Fix, expected: str) -> None:
    more = {"schedule": NIGHT, "fence_ids": (1,)}
    assert CITY.verdict("operating_hours", fix, **more) == expected


@pytest.mark.parametrize("scope", [{"fence_ids": (1,)}, {"fence_tags": ("district",)}])
def test_fences_by_id_or_tag(scope: dict[str, tuple[int | str, ...]]) -> None:
    column = CITY.judge("operating_hours", [Fix(time=DAY)], schedule=NIGHT, **scope)
    assert column.value.tolist() == [1]
    assert column.fence.tolist() == [0]
    assert column.measure.tolist() == [30]


def test_without_fences_it_judges_everywhere() -> None:
    column = CITY.judge("operating_hours", [Fix(x_m=9000, time=DAY)], schedule=NIGHT)
    assert column.value.tolist() == [1]
    assert column.fence.tolist() == [-1]


def test_without_schedule_every_hour_is_permitted_and_an_empty_one_permits_none() -> None:
    assert CITY.verdict("operating_hours", Fix(time=DAY)) == "no"
    assert CITY.verdict("operating_hours", Fix(time=EVENING), schedule=Schedule()) == "yes"


def test_the_zone_decides() -> None:
    berlin = daily((20, 6), zone="Europe/Berlin")
    # 22:00 in Shanghai is 15:00 in Berlin in winter.
    assert CITY.verdict("operating_hours", Fix(time=EVENING), schedule=berlin) == "yes"


def test_sentence() -> None:
    kind = kinds_by_name()["operating_hours"]
    measures = {"max_speed_kmh": 52.3, "duration_s": 380.0}
    assert kind.sentence(measures, "zh") == "在禁行时段行驶，最高52 km/h，持续6分20秒"
    assert kind.sentence(measures, "en") == (
        "driving outside permitted hours, up to 52 km/h for 6 min 20 s"
    )
