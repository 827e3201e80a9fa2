"""Coverage over the API, from stored positions."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from model.fences import Assignment, Fence
from model.position import PositionBatch, empty_rows
from model.rulebook import FAR_FUTURE_US, Device
from model.signals import YES, pack
from storage.rulebook_changes import register_device, save_assignment, save_fence
from storage.writer import Writer
from tests.api.browser import Browser
from tests.api.town import Town
from tests.api.traffic import NOON_US, NOW_US, SECOND_US

PERIOD = {"from": "2026-09-22T12:00:00Z", "to": "2026-09-22T12:30:00Z"}


async def sweep(town: Town) -> tuple[int, int]:
    """A sweeper of company A sweeps the western half of a road 1 km long."""
    sweeper = Device(
        id=0, organisation_id=town.organisations["a"], identity="13899990000", protocol="jt808",
        kind="sweeper", name="sweeper 号",
    )  # fmt: skip
    line = [[118.8, 32.05], [118.81056, 32.05]]
    road = Fence(
        id=0, version=0, organisation_id=town.organisations["bureau"], name="road 围栏",
        responsible_organisation_id=town.organisations["district"], shape="corridor",
        geometry={"type": "LineString", "coordinates": line}, half_width_m=10, valid_from_us=0,
        valid_to_us=FAR_FUTURE_US,
    )  # fmt: skip
    async with town.database.pool.connection() as conn:
        sweeper = await register_device(conn, sweeper)
        road = await save_fence(conn, road)
        assignment = Assignment(
            device_id=sweeper.id, fence_id=road.id, purpose="work_road", valid_from_us=0,
            valid_to_us=FAR_FUTURE_US,
        )  # fmt: skip
        await save_assignment(conn, assignment)
        await save_assignment(conn, msgspec.structs.replace(assignment, purpose="route"))
    rows = empty_rows(60)
    rows["device_id"], rows["organisation_id"] = sweeper.id, sweeper.organisation_id
    rows["time_us"] = NOON_US + np.arange(60) * 5 * SECOND_US
    rows["longitude_e6"] = 118_800_000 + np.linspace(0, 5_280, 60)
    rows["latitude_e6"], rows["course_deg"], rows["fix_source"] = 32_050_000, 90, 1
    rows["speed_kmh_e1"], rows["signals"] = 60, pack(brush_down=YES)
    writer = Writer(town.database)
    await writer.write(PositionBatch(rows), [], [], NOW_US, 1_000)
    await writer.close()
    return sweeper.id, road.id


async def test_what_a_unit_has_covered(town: Town, browser: Browser) -> None:
    sweeper, road = await sweep(town)
    for query in ({"device_id": sweeper}, {"fence_id": road}):
        (found,) = (await browser.get("company_a", "/coverage", **PERIOD, **query))["fences"]
        assert (found["fence_id"], found["length_km"]) == (road, pytest.approx(1, abs=0.01))
        assert found["covered_pct"] == pytest.approx(50, abs=2.1)
        assert found["known_share"] == pytest.approx(300 / 1800, abs=0.02)
        assert found["passes_km"] == pytest.approx([0.5, 0.5], abs=0.03)
        ((begin, *_, end),) = found["missed"]["coordinates"]
        assert begin == pytest.approx([118.80528, 32.05], abs=3e-4)
        assert end == pytest.approx([118.81056, 32.05], abs=1e-5)
        assert [unit["name"] for unit in found["units"]] == ["sweeper 号"]
    twice = await browser.get("chief", "/coverage", **PERIOD, fence_id=road, passes=2)
    assert twice["fences"][0]["covered_pct"] == 0


async def test_only_what_one_may_see_and_short_periods(town: Town, browser: Browser) -> None:
    sweeper, road = await sweep(town)
    for query in ({"device_id": sweeper}, {"fence_id": road}, {"fence_id": 99_999}):
        answer = await browser.send("company_b", "GET", "/coverage", params=PERIOD | query)
        assert answer.status_code == 404
    truck = {"device_id": town.devices["truck_b"].id}
    assert (await browser.get("company_b", "/coverage", **PERIOD, **truck))["fences"] == []
    for period in (
        PERIOD | {"to": PERIOD["from"]},
        PERIOD | {"to": "2026-09-25T12:30:00Z"},
    ):
        answer = await browser.send("chief", "GET", "/coverage", params=period | {"fence_id": road})
        assert answer.status_code == 422
    assert (await browser.send("chief", "GET", "/coverage", params=PERIOD)).status_code == 422
