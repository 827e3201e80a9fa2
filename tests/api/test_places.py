"""Who was where: areas, roads, the nearest, stops, and tracks with filters, over the API."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import numpy as np
import pytest

from model.position import PositionBatch, Rows, empty_rows
from model.rulebook import Device
from model.signals import NO, YES, pack
from tests.api.browser import Browser
from tests.api.town import Town, raise_violation, write
from tests.api.traffic import MINUTE_US, NOON_US, SECOND_US, truck_rows

HOUR = {"from": "2026-09-22T12:00:00Z", "to": "2026-09-22T12:30:00Z"}
# Trucks A and B drive east along 32.05 from 118.80, 106 m every 10 s from noon on.
ROAD = "118.84,32.05,118.85,32.05"
ROAD_US = NOON_US + 377 * SECOND_US


def standing(device: Device, minutes: float, count: int = 40) -> Rows:
    """So many fixes in one place of the site fence, ending so many minutes before noon."""
    rows = empty_rows(count)
    rows["device_id"], rows["organisation_id"] = device.id, device.organisation_id
    end_us = NOON_US - int(minutes * MINUTE_US)
    rows["time_us"] = end_us - 10 * SECOND_US * np.arange(count)[::-1]
    rows["longitude_e6"], rows["latitude_e6"] = 118_801_000, 32_051_000
    rows["speed_kmh_e1"], rows["fix_source"] = 0, 1
    rows["signals"] = pack(ignition=YES)
    return rows


@pytest.fixture
async def site_visit(town: Town) -> Town:
    """Truck A stood in the site from 11:43:30 to 11:50."""
    batch = PositionBatch(standing(town.devices["truck_a"], 10))
    await write(town.database, batch, journal_id=2)
    return town


async def test_passers_are_ranked_by_what_speaks_against_them(
    site_visit: Town, browser: Browser
) -> None:
    violation = await raise_violation(
        site_visit, "truck_a", kind="unwashed_exit",
        started_us=NOON_US - 5 * MINUTE_US, ended_us=NOON_US, last_us=NOON_US,
    )  # fmt: skip
    answer = await browser.get("chief", "/passers", line=ROAD, **HOUR)
    first, second = answer["passers"]
    assert (first["device"]["name"], second["device"]["name"]) == ("truck_a 号", "truck_b 号")
    facts = ("loaded", "uncovered", "unwashed")
    assert [first[name] for name in facts] == ["yes", "yes", "yes"]
    assert [second[name] for name in facts] == ["yes", "yes", "unknown"]
    assert first["site"] == {
        "id": site_visit.fences["site"].id, "name": "site 围栏", "left_at": "2026-09-22T12:00:40Z",
    }  # fmt: skip
    assert {"id": violation, "kind": "unwashed_exit"} in first["violations"]
    assert (first["score"], second["score"], first["passes"]) == (11, 7, 1)
    assert first["details"][0]["from"] == "2026-09-22T12:06:20Z"
    assert not answer["cut"]


async def test_an_innocent_truck_and_another_hour(town: Town, browser: Browser) -> None:
    answer = await browser.get("chief", "/passers", line="118.80,32.05,118.81,32.05", **HOUR)
    assert {p["uncovered"] for p in answer["passers"]} == {"no"}, "covered until minute 5"
    later = {"from": "2026-09-22T12:15:00Z", "to": "2026-09-22T12:30:00Z"}
    assert (await browser.get("chief", "/passers", line=ROAD, **later))["passers"] == []
    sweepers = await browser.get("chief", "/passers", line=ROAD, kind="sweeper", **HOUR)
    assert sweepers["passers"] == []
    mine = await browser.get("company_b", "/passers", line=ROAD, **HOUR)
    assert [p["device"]["name"] for p in mine["passers"]] == ["truck_b 号"]


async def test_visits_to_a_fence_a_box_and_a_polygon(town: Town, browser: Browser) -> None:
    site = town.fences["site"].id
    by_fence = await browser.get("chief", "/visits", fence_id=site, **HOUR)
    by_box = await browser.get("chief", "/visits", bbox="118.795,32.045,118.805,32.055", **HOUR)
    corners = "118.795,32.045,118.805,32.045,118.805,32.055,118.795,32.055"
    by_polygon = await browser.get("chief", "/visits", polygon=corners, **HOUR)
    assert by_fence == by_box == by_polygon
    (first, second) = by_fence["visits"]
    assert (first["from"], first["to"], first["fixes"]) == (
        "2026-09-22T12:00:00Z", "2026-09-22T12:00:40Z", 5,
    )  # fmt: skip
    assert first["max_speed_kmh"] == 36.4
    page = {"after": first["from"], "after_device": first["device"]["id"], "limit": 1}
    rest = await browser.get("chief", "/visits", fence_id=site, **HOUR, **page)
    assert rest["visits"] == [second]
    inspectors = await browser.get("chief", "/visits", fence_id=site, kind="inspector", **HOUR)
    assert inspectors["visits"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"bbox": "1,2,3"},
        {"bbox": "118,32,119,33"},
        {"line": "118.8,north"},
        {"line": "118.8,32.05"},
        {"polygon": "118,32,118,33,119,32", "line": ROAD},
        {"line": ROAD, "from": HOUR["to"]},
        {"line": ROAD, "to": "2026-09-29T12:00:00Z"},
    ],
)
async def test_a_wrong_area_is_told(town: Town, browser: Browser, wrong: dict[str, str]) -> None:
    answer = await browser.send("chief", "GET", "/visits", params={**HOUR, **wrong})
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["detail"]["fields"][0]["message"]


async def test_the_nearest_say_how_far_and_how_old(town: Town, browser: Browser) -> None:
    near = await browser.get("chief", "/positions/nearest", longitude=118.81, latitude=32.05)
    assert [(n["device"]["name"], n["fresh"]) for n in near] == [
        ("inspector 号", True), ("truck_a 号", True), ("truck_b 号", True),
    ]  # fmt: skip
    assert (near[0]["distance_m"], near[0]["age_s"]) == (0.0, 60.0)
    assert 10_900 < near[1]["distance_m"] < 11_000
    town.clock.advance_to(NOON_US + 60 * MINUTE_US)
    old = await browser.get("chief", "/positions/nearest", longitude=118.81, latitude=32.05)
    assert [n["fresh"] for n in old] == [False] * 3
    town.clock.advance_to(NOON_US + 26 * 60 * MINUTE_US)
    assert not await browser.get("chief", "/positions/nearest", longitude=118.81, latitude=32.05)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["truck_a", "truck_b", "inspector"]),
        ({"kind": "muck_truck"}, ["truck_a", "truck_b"]),
        ({"kind": "muck_truck", "limit": 1}, ["truck_a"]),
        ({"bbox": "118.8,32,118.82,32.1"}, ["inspector"]),
        ({"signal": "cover_closed:yes"}, ["truck_a", "truck_b"]),
        ({"signal": "loaded:unknown"}, ["inspector"]),
        ({"online": "false"}, []),
        ({"max_age_s": 30}, ["truck_a", "truck_b"]),
        ({"tag": "vip"}, []),
    ],
)
async def test_latest_positions_filtered(
    town: Town, browser: Browser, query: dict[str, Any], names: list[str]
) -> None:
    found = await browser.get("chief", "/positions/latest", **query)
    assert [p["device_id"] for p in found] == [town.devices[name].id for name in names]


async def test_latest_positions_by_pages(town: Town, browser: Browser) -> None:
    first = await browser.get("chief", "/positions/latest", limit=2)
    rest = await browser.get("chief", "/positions/latest", after_id=first[-1]["device_id"])
    assert [p["device_id"] for p in [*first, *rest]] == [d.id for d in town.devices.values()]
    for wrong in ({"signal": "loaded:very"}, {"signal": "x:yes"}, {"bbox": "1"}):
        answer = await browser.send("chief", "GET", "/positions/latest", params=wrong)
        assert answer.status_code == 422


async def test_a_track_with_filters(town: Town, browser: Browser) -> None:
    path = f"/devices/{town.devices['truck_a'].id}/track"
    open_ = await browser.get("chief", path, signal="cover_closed:no", **HOUR)
    assert open_["properties"]["times"][0] == "2026-09-22T12:05:00Z"
    assert open_["properties"]["points"] == 43
    fast = await browser.get("chief", path, min_speed_kmh=36.5, **HOUR)
    assert min(fast["properties"]["speed_kmh"]) == 36.5
    assert {gap["kind"] for gap in fast["properties"]["gaps"]} == {"filtered"}
    straight = await browser.get("chief", path, tolerance_m=5, **HOUR)
    assert (straight["properties"]["simplified"], straight["properties"]["points"]) == (True, 120)
    assert len(straight["properties"]["times"]) == 2
    wrong = await browser.send("chief", "GET", path, params={**HOUR, "signal": "loaded"})
    assert wrong.status_code == 422


async def test_stops_know_their_fence_and_the_engine(site_visit: Town, browser: Browser) -> None:
    path = f"/devices/{site_visit.devices['truck_a'].id}/stops"
    day = {"from": "2026-09-22T00:00:00Z", "to": "2026-09-23T00:00:00Z"}
    (stop,) = (await browser.get("chief", path, **day))["stops"]
    assert (stop["from"], stop["to"]) == ("2026-09-22T11:43:30Z", "2026-09-22T11:50:00Z")
    assert (stop["duration_s"], stop["idle_s"]) == (390.0, 390.0)
    assert stop["fence"]["name"] == "site 围栏"
    assert not (await browser.get("chief", path, min_minutes=7, **day))["stops"]
    wrong = {**day, "to": "2026-12-23T00:00:00Z"}
    assert (await browser.send("chief", "GET", path, params=wrong)).status_code == 422


async def test_a_question_that_takes_too_long_is_ended(town: Town, browser: Browser) -> None:
    await browser.token("chief")
    pool = town.database.pool
    async with AsyncExitStack() as all_of_them:
        for _ in range(pool.max_size):
            conn = await all_of_them.enter_async_context(pool.connection())
            await conn.execute("SET statement_timeout = 200")
    holder = await town.database.connect()
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE devices IN ACCESS EXCLUSIVE MODE")
            answer = await browser.send("chief", "GET", "/devices")
    finally:
        await holder.close()
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "took_too_long")


async def test_a_truck_that_washed_is_not_unwashed(town: Town, browser: Browser) -> None:
    async with town.database.pool.connection() as conn:
        await conn.execute("UPDATE fences SET tags = '{site,wash_bay}' WHERE 'site' = ANY(tags)")
    truck = town.devices["truck_a"]
    await write(town.database, PositionBatch(standing(truck, 10)), journal_id=2)
    answer = await browser.get("chief", "/passers", line=ROAD, **HOUR)
    ranked = {p["device"]["name"]: (p["unwashed"], p["score"]) for p in answer["passers"]}
    assert ranked == {"truck_a 号": ("no", 7), "truck_b 号": ("unknown", 7)}


def test_the_town_drives_as_these_tests_say(town: Town) -> None:
    rows = truck_rows(town.devices["truck_a"]).rows
    inside = rows[(rows["longitude_e6"] >= 118_840_000) & (rows["longitude_e6"] <= 118_850_000)]
    assert ROAD_US <= int(inside["time_us"][0]) <= ROAD_US + 10 * SECOND_US
    assert not (inside["signals"] & pack(cover_closed=NO) == 0).any()
