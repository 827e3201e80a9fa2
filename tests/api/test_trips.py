"""Trips and their reconciliation with waybills over the API."""

from __future__ import annotations

from typing import Any

import pytest

from model.trips import Trip, TripChanges
from storage.trips import save_trips
from tests.api.browser import Browser
from tests.api.town import Town
from tests.api.traffic import MINUTE_US, NOON_US

HOUR_US = 60 * MINUTE_US
DAY = {"from": "2026-09-22T00:00:00Z", "to": "2026-09-23T00:00:00Z"}


def trip(town: Town, hour: float, device: str = "truck_a", **changes: Any) -> Trip:
    """A trip that left so many hours after noon."""
    unit, left_us = town.devices[device], NOON_US + int(hour * HOUR_US)
    values: dict[str, Any] = {
        "device_id": unit.id, "organisation_id": unit.organisation_id,
        "site_fence_id": town.fences["site"].id, "dump_fence_id": town.fences["cell"].id,
        "loaded_us": left_us - 5 * MINUTE_US, "left_us": left_us,
        "arrived_us": left_us + 20 * MINUTE_US, "unloaded_us": left_us + 25 * MINUTE_US,
        "closed_us": left_us + 26 * MINUTE_US, "distance_m": 8_040, "loaded_by": "load",
        "unloaded_by": "load", "volume_m3": 12.5,
    }  # fmt: skip
    return Trip(**(values | changes))


@pytest.fixture
async def hauled(town: Town) -> Town:
    """Four trips of A, the last into the next day of Beijing, and one of B."""
    lost = {"dump_fence_id": None, "unmatched": ("unloading",), "volume_m3": None}
    trips = [trip(town, -6), trip(town, -4), trip(town, -2, **lost), trip(town, 5)]
    trips.append(trip(town, -3, "truck_b"))
    async with town.database.pool.connection() as conn:
        await save_trips(conn, TripChanges(new=tuple(trips)))
    return town


async def test_pages_follow_each_other(hauled: Town, browser: Browser) -> None:
    seen: list[str] = []
    page: list[dict[str, Any]] = await browser.get("company_a", "/trips", limit=3)
    while page:
        seen += [found["left_at"][11:16] for found in page]
        last = {"before": page[-1]["left_at"], "before_id": page[-1]["id"]}
        page = await browser.get("company_a", "/trips", limit=3, **last)
    assert seen == ["17:00", "10:00", "08:00", "06:00"]


async def test_a_trip_says_what_and_how_it_is_known(hauled: Town, browser: Browser) -> None:
    dump = hauled.fences["cell"].id
    (newest, *rest) = await browser.get("chief", "/trips", dump=dump, **DAY)
    assert (newest["site"]["name"], newest["dump"]["name"]) == ("site 围栏", "cell 围栏")
    assert (newest["distance_km"], newest["loaded_by"], newest["unmatched"]) == (8.0, "load", [])
    assert len(rest) == 3
    assert len(await browser.get("chief", "/trips", device_id=hauled.devices["truck_b"].id)) == 1
    (lost,) = [t for t in await browser.get("chief", "/trips") if t["unmatched"]]
    assert (lost["dump"], lost["unmatched"]) == (None, ["unloading"])


async def test_as_a_file(hauled: Town, browser: Browser) -> None:
    answer = await browser.send("chief", "GET", "/trips", params={"format": "csv", "limit": 1})
    head, *lines = answer.content.decode("utf-8-sig").splitlines()
    assert head.startswith("id,organisation,device,site,dump,loaded_at")
    assert len(lines) == 5
    async with hauled.database.pool.connection() as conn:
        await conn.execute("UPDATE devices SET plate = '=1+1'")
    answer = await browser.send("chief", "GET", "/trips", params={"format": "csv"})
    assert ",'=1+1," in answer.text


async def test_sums(hauled: Town, browser: Browser) -> None:
    async def sums(by: str, user: str = "chief") -> list[tuple[Any, ...]]:
        found = await browser.get(user, "/trips/summary", by=by, **DAY)
        return [(s["name"], s["trips"], s["unmatched"], s["volume_m3"]) for s in found]

    assert await sums("site") == [("site 围栏", 5, 1, 50.0)]
    assert await sums("dump") == [("cell 围栏", 4, 0, 50.0), (None, 1, 1, 0.0)]
    assert await sums("company") == [("乙渣土公司", 1, 0, 12.5), ("甲渣土公司", 4, 1, 37.5)]
    assert await sums("day") == [("2026-09-22", 4, 1, 37.5), ("2026-09-23", 1, 0, 12.5)]
    assert await sums("device", "company_b") == [("苏A00001", 1, 0, 12.5)]
    for wrong in ({"from": DAY["to"], "to": DAY["from"]}, {**DAY, "to": "2029-01-01T00:00:00Z"}):
        answer = await browser.send("chief", "GET", "/trips/summary", params=wrong)
        assert answer.status_code == 422


async def test_reconciliation(hauled: Town, browser: Browser) -> None:
    async def issue(number: str, issued: str, until: str, dump: str = "cell") -> None:
        named = {"device_id": hauled.devices["truck_a"].id,
                 "site_fence_id": hauled.fences["site"].id}  # fmt: skip
        times = {"issued_at": f"2026-09-22T{issued}:00Z", "valid_until": f"2026-09-22T{until}:00Z"}
        body = {"number": number, "dump_fence_id": hauled.fences[dump].id, **named, **times}
        await browser.post("chief", "/waybills", body)

    await issue("正好", "06:00", "07:00")
    await issue("别处", "08:00", "09:00", dump="yard_b")
    await issue("没来", "11:00", "12:00")
    found = await browser.get("chief", "/waybills/reconciliation", **DAY)
    assert found["counts"] == {"matched": 1, "other_dump": 1, "no_trip": 1, "no_waybill": 3}
    assert (found["cut"], found["lines"][-1]["verdict"]) == (False, "matched")
    assert found["lines"][-1]["waybill"]["number"] == "正好"
    mine = await browser.get("company_b", "/waybills/reconciliation", **DAY)
    assert mine["counts"] == {"no_waybill": 1}
    later = {**DAY, "from": "2026-09-22T07:00:00Z"}
    rest = await browser.get("chief", "/waybills/reconciliation", **later)
    assert "matched" not in rest["counts"]
