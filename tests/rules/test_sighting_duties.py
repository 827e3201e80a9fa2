"""Sightings judged: plates of no register, permits, silent terminals, two places at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest

from model.fences import Window
from model.permits import Permit
from model.position import FixSource, Rows, empty_rows
from model.rulebook import Device, Finding, Outage, Rule, Rulebook
from model.sightings import Sighting
from rules.engine import Engine
from rules.registry import kinds_by_name
from rules.state import DeviceState

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
SEEN_US = 1_800_000_000 * SECOND_US  # a Friday, 16:00 in Shanghai
EAST_E6 = 10_500  # about a kilometre
DEVICE = Device(
    id=1, organisation_id=1, identity="1", protocol="jt808", kind="muck_truck", name="1",
    plate="苏A00001",
)  # fmt: skip
SIGHTING = Sighting(
    id=7, device_id=1, organisation_id=1, seen_us=SEEN_US, longitude_e6=118_800_000,
    latitude_e6=32_050_000, accuracy_m=20, registered=True, confidence=0.97, photo="ab",
)  # fmt: skip
PERMIT = Permit(
    id=1, version=1, organisation_id=1, number="1", device_id=1, site_fence_id=1,
    dump_fence_ids=(2,), valid_from_us=SEEN_US - 1, valid_to_us=SEEN_US + 1,
)  # fmt: skip


def fixes(*seconds: float, east_e6: int = 0, source: FixSource = FixSource.GNSS) -> Rows:
    """A fix each so many seconds from the sighting, at its place or east of it."""
    rows = empty_rows(len(seconds))
    rows["device_id"] = rows["organisation_id"] = 1
    rows["time_us"] = SEEN_US + np.array(seconds) * SECOND_US
    rows["longitude_e6"], rows["latitude_e6"] = 118_800_000 + east_e6, 32_050_000
    rows["fix_source"] = source
    return rows


def engine_of(kind: str, seen: Sequence[Sighting] = (SIGHTING,), **world: Any) -> Engine:
    rule = Rule(
        id=1, version=1, organisation_id=1, kind=kind, name_zh="", name_en="", valid_from_us=0
    )
    rulebook = Rulebook(
        revision=1, organisation_parents={1: None}, devices=(DEVICE,), rules=(rule,),
        sightings=tuple(seen), **world,
    )  # fmt: skip
    return Engine(rulebook, kinds_by_name())


def found_by(
    kind: str,
    rows: Rows,
    seen: Sequence[Sighting] = (SIGHTING,),
    tick_s: float = 7_200,
    **world: Any,
) -> list[Finding]:
    """What is known in the end, by fixes and a tick."""
    engine = engine_of(kind, seen, **world)
    states: dict[int, DeviceState] = {}
    found = engine.advance(states, rows)
    found += engine.at_tick(states, SEEN_US + int(tick_s * SECOND_US))
    assert not engine.failing
    return list({f.started_us: f for f in found}.values())


def changed(**values: Any) -> tuple[Sighting, ...]:
    return (msgspec.structs.replace(SIGHTING, **values),)


NOTHING = fixes()
UNREGISTERED = changed(registered=False)


def test_an_unknown_plate_is_a_finding_at_the_sighting() -> None:
    (found,) = found_by("unknown_plate", NOTHING, UNREGISTERED)
    assert (found.started_us, found.ended_us) == (SEEN_US, SEEN_US)
    assert (found.longitude_e6, found.latitude_e6) == (118_800_000, 32_050_000)
    assert (found.measures["sighting_id"], found.measures["photo"]) == (7, "ab")
    assert found.measures["confidence_pct"] == 97


@pytest.mark.parametrize(
    ("seen", "count"),
    [
        ((SIGHTING,), 0),
        (changed(registered=False, confidence=0.89), 0),
        (changed(registered=False, confidence=None), 1),
        (changed(registered=False, device_id=99), 0),
        ((*UNREGISTERED, *changed(registered=False, id=8, seen_us=SEEN_US + MINUTE_US)), 1),
        ((*UNREGISTERED, *changed(registered=False, id=8, seen_us=SEEN_US)), 1),
        ((*UNREGISTERED, *changed(registered=False, id=8, seen_us=SEEN_US + 11 * MINUTE_US)), 2),
        ((*UNREGISTERED, *changed(id=8, seen_us=SEEN_US - MINUTE_US)), 1),
    ],
)
def test_unknown_plates(seen: tuple[Sighting, ...], count: int) -> None:
    assert len(found_by("unknown_plate", NOTHING, seen)) == count


FRIDAY_16 = Window((5,), 15 * 60, 17 * 60)
SATURDAY = Window((6,), 15 * 60, 17 * 60)


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({}, 0),
        ({"device_id": 2}, 1),
        ({"valid_to_us": SEEN_US}, 1),
        ({"valid_from_us": SEEN_US + 1}, 1),
        ({"windows": (FRIDAY_16,)}, 0),
        ({"windows": (SATURDAY,)}, 1),
    ],
)
def test_a_permit_must_cover_the_moment(change: dict[str, Any], count: int) -> None:
    permit = msgspec.structs.replace(PERMIT, **change)
    assert len(found_by("no_permit_seen", NOTHING, permits=(permit,))) == count


def test_a_plate_of_no_register_has_no_permit_to_lack() -> None:
    assert not found_by("no_permit_seen", NOTHING, UNREGISTERED)


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        (NOTHING, 1),
        (fixes(-3_000, -601, 601, 1_000), 1),
        (fixes(-3_000, -599, 700), 0),
        (fixes(-3_000, 599, 700), 0),
        (fixes(-3_000, 599, 700, source=FixSource.NONE), 0),
    ],
)
def test_silence_around_a_sighting(rows: Rows, count: int) -> None:
    found = found_by("terminal_silent_seen", rows)
    assert [f.measures["silent_min"] for f in found] == [20] * count


def test_silence_that_an_outage_of_ours_explains_accuses_no_one() -> None:
    outage = Outage(SEEN_US - 3_600 * SECOND_US, SEEN_US - 500 * SECOND_US)
    assert not found_by("terminal_silent_seen", NOTHING, outages=(outage,))


def test_nothing_is_said_before_it_is_due() -> None:
    assert not found_by("terminal_silent_seen", NOTHING, tick_s=600)
    assert found_by("terminal_silent_seen", NOTHING, tick_s=661)


def two(before: Rows, after: Rows) -> Rows:
    return np.concatenate([before, after, fixes(300)])


HERE, FAR = fixes(-30), fixes(-30, east_e6=EAST_E6)
LATER, FAR_LATER = fixes(30), fixes(30, east_e6=EAST_E6)


@pytest.mark.parametrize(
    ("rows", "metres"),
    [
        (two(HERE, LATER), []),
        (two(FAR, FAR_LATER), [992]),
        (two(HERE, FAR_LATER), [496]),
        (two(fixes(-120), fixes(1, east_e6=EAST_E6)), [983]),
        (two(FAR, fixes(121, east_e6=EAST_E6)), []),
        (two(fixes(-30, east_e6=EAST_E6, source=FixSource.NONE), FAR_LATER), []),
        (two(fixes(-30, east_e6=EAST_E6, source=FixSource.LBS), FAR_LATER), []),
        (two(fixes(0, east_e6=EAST_E6), NOTHING), [992]),
        (NOTHING, []),
    ],
)
def test_where_the_terminal_was(rows: Rows, metres: list[int]) -> None:
    found = found_by("seen_elsewhere", rows)
    assert [round(f.measures["distance_m"]) for f in found] == metres
    assert all(f.longitude_e6 == 118_800_000 for f in found), "it stands where it was seen"


def test_a_sighting_without_fixes_around_it_cannot_be_judged() -> None:
    engine = engine_of("seen_elsewhere")
    states: dict[int, DeviceState] = {}
    engine.advance(states, fixes(-3_000, 3_000))
    assert engine.unjudged(states[1])[1][1] == "not_heard"
