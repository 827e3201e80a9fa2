"""Case table of mixer_discharge: a site and a plant of 200 m, 30 m of margin, 10 m of accuracy."""

from __future__ import annotations

import pytest

from model.position import FixSource
from model.signals import NO, YES, YES_ALSO
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City, Fix, daily, fence, square, when
from tests.rules.kinds.city import at as place

CITY = City([
    square(1, 1000, 0, 100, tags=("site",)),
    square(2, -1000, 0, 100, tags=("plant",)),
    square(3, 0, 1000, 100, tags=("parking",)),
])  # fmt: skip
REVERSE = {"drum": YES_ALSO}

CASES = [
    ("on the road", Fix(signals=REVERSE), "yes"),
    ("at the parking", Fix(y_m=1000, speed=0, signals=REVERSE), "yes"),
    ("just far enough from the site", Fix(x_m=859, signals=REVERSE), "yes"),
    ("before the gate", Fix(x_m=861, signals=REVERSE), "hold"),
    ("at the kerb", Fix(x_m=890, accuracy=5, signals=REVERSE), "hold"),
    ("at the site", Fix(x_m=1000, signals=REVERSE), "no"),
    ("at the plant", Fix(x_m=-1000, signals=REVERSE), "no"),
    ("drum forward", Fix(signals={"drum": YES}), "no"),
    ("drum stopped", Fix(signals={"drum": NO}), "no"),
    ("drum stopped, lost", Fix(source=FixSource.NONE, signals={"drum": NO}), "no"),
    ("at the site, drum unknown", Fix(x_m=1000), "no"),
    ("drum unknown", Fix(), "unknown: signal_unknown"),
    ("no position", Fix(source=FixSource.NONE, signals=REVERSE), "unknown: no_position"),
    ("vague position", Fix(accuracy=101, signals=REVERSE), "unknown: poor_gnss"),
]


@pytest.mark.parametrize(("name", "fix", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fix: Fix, expected: str) -> None:
    assert CITY.verdict("mixer_discharge", fix) == expected


def test_round_sites_are_measured_by_their_edge() -> None:
    point = {"type": "Point", "coordinates": place(0, 0)}
    city = City([fence(1, "circle", point, radius_m=200.0, tags=("site",))])
    for x_m, expected in {190: "no", 235: "hold", 245: "yes"}.items():
        assert city.verdict("mixer_discharge", Fix(x_m=x_m, signals=REVERSE)) == expected, x_m


def test_a_site_counts_while_it_is_in_force() -> None:
    city = City([square(1, 0, 0, 100, tags=("site",), valid_to_us=when("2026-03-03T00:00"))])
    before = Fix(time="2026-03-02T23:59", signals=REVERSE)
    after = Fix(time="2026-03-03T00:00", signals=REVERSE)
    assert city.verdict("mixer_discharge", before) == "no"
    assert city.verdict("mixer_discharge", after) == "yes"


def test_a_rules_own_fences_are_the_permitted_places() -> None:
    fix = Fix(y_m=1000, signals=REVERSE)
    assert CITY.verdict("mixer_discharge", fix, fence_tags=("parking",)) == "no"
    assert CITY.verdict("mixer_discharge", Fix(x_m=1000, signals=REVERSE), fence_ids=(2,)) == "yes"
    assert CITY.verdict("mixer_discharge", Fix(signals=REVERSE), schedule=daily((20, 6))) == "no"


def test_sentence() -> None:
    kind = kinds_by_name()["mixer_discharge"]
    measures = {"max_speed_kmh": 2.5, "duration_s": 120.0}
    assert kind.sentence(measures, "zh") == "在工地、搅拌站外反转卸料，最高2.5 km/h，持续2分"
    assert kind.sentence(measures, "en") == (
        "drum in reverse outside every site and plant, up to 2.5 km/h for 2 min"
    )
