"""Patterns, rosters, the shifts they make, single shifts, leaves, swaps, files and holidays."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from pipeline.rosters import AHEAD_DAYS, remake
from storage.instants import DAY_US
from storage.rulebook import load_rulebook, register_device
from tests.api.browser import Browser
from tests.api.town import Town
from tests.api.traffic import NOW_US

# 2026-09-22 is a Tuesday; the town's clock says 20:20 in Beijing.
DAYTIME = {"weekdays": [1, 2, 3, 4, 5], "start_min": 480, "end_min": 1020, "days": "weekdays"}
WORKDAYS = {
    "weekdays": [1, 2, 3, 4, 5, 6, 7],
    "start_min": 480,
    "end_min": 1020,
    "days": "workdays",
}
WEEK = {"from": "2026-09-22T16:00:00Z", "to": "2026-09-29T16:00:00Z"}


@pytest.fixture
async def pattern(browser: Browser) -> int:
    body = {"name": "白班", "windows": [WORKDAYS]}
    made: int = (await browser.post("dispatcher", "/shift-patterns", body))["id"]
    return made


async def _planned(browser: Browser, **more: Any) -> list[tuple[str, str]]:
    rows = await browser.get("dispatcher", "/shifts", **(WEEK | more))
    return [(row["starts_at"], row["ends_at"]) for row in rows]


async def _colleague(town: Town) -> int:
    """Another inspector of the district."""
    async with town.database.pool.connection() as conn:
        unit = replace(town.devices["inspector"], id=0, identity="x9", name="同事")
        return (await register_device(conn, unit)).id


async def _roster(browser: Browser, town: Town, pattern: int, **more: Any) -> dict[str, Any]:
    body = {"device_ids": [town.devices["inspector"].id], "pattern_id": pattern,
            "from_date": "2026-09-23"}  # fmt: skip
    found: dict[str, Any] = await browser.post("dispatcher", "/rosters", body | more)
    return found


async def test_a_roster_makes_shifts_on_workdays_and_follows_the_calendar(
    town: Town, browser: Browser, pattern: int
) -> None:
    made = await _roster(browser, town, pattern)
    assert made["shifts"] == AHEAD_DAYS // 7 * 5
    assert await _planned(browser) == [
        (f"2026-09-{day}T00:00:00Z", f"2026-09-{day}T09:00:00Z") for day in (23, 24, 25, 28, 29)
    ]
    days = [{"date": "2026-09-25", "kind": "holiday"}, {"date": "2026-09-27", "kind": "workday"}]
    answer = await browser.send("chief", "PUT", "/calendar", json={"days": days})
    assert answer.status_code == 200
    starts = [start[8:10] for start, _ in await _planned(browser)]
    assert starts == ["23", "24", "27", "28", "29"]


async def test_days_come_by_themselves_and_begun_shifts_stay(
    town: Town, browser: Browser, pattern: int
) -> None:
    await _roster(browser, town, pattern, from_date="2026-09-21")
    before = await _planned(browser, **{"from": "2026-09-20T16:00:00Z"})
    assert [start[8:10] for start, _ in before[:2]] == ["21", "22"], "reaches back"
    changed = {"name": "晚班", "windows": [DAYTIME | {"start_min": 600}]}
    await browser.send("dispatcher", "PUT", f"/shift-patterns/{pattern}", json=changed)
    after = await _planned(browser, **{"from": "2026-09-20T16:00:00Z"})
    assert after[:2] == before[:2]
    assert {start[11:13] for start, _ in after[3:]} == {"02"}
    async with town.database.pool.connection() as conn:
        assert await remake(conn, NOW_US) == 0
        assert await remake(conn, NOW_US + DAY_US) == 1
        shifts = (await load_rulebook(conn, NOW_US)).shifts
    assert sum(s.device_id == town.devices["inspector"].id for s in shifts) > 20


async def test_a_roster_ends_and_a_pattern_in_use_stays(
    town: Town, browser: Browser, pattern: int
) -> None:
    (roster,) = (await _roster(browser, town, pattern))["ids"]
    answer = await browser.send("dispatcher", "DELETE", f"/shift-patterns/{pattern}")
    assert answer.json()["error"]["code"] == "pattern_in_use"
    (shown,) = await browser.get("dispatcher", "/rosters")
    assert (shown["pattern_name"], shown["device_name"]) == ("白班", "inspector 号")
    assert (await browser.send("dispatcher", "DELETE", f"/rosters/{roster}")).status_code == 204
    assert await _planned(browser) == []
    assert await browser.get("dispatcher", "/rosters") == []
    gone = await browser.send("dispatcher", "DELETE", f"/shift-patterns/{pattern}")
    assert gone.status_code == 204


async def test_a_leave_cuts_shifts_and_is_taken_back(
    town: Town, browser: Browser, pattern: int
) -> None:
    await _roster(browser, town, pattern)
    body = {"device_id": town.devices["inspector"].id, "starts_at": "2026-09-24T04:00:00Z",
            "ends_at": "2026-09-26T00:00:00Z", "reason": "sick"}  # fmt: skip
    leave = (await browser.post("dispatcher", "/leaves", body))["id"]
    assert (await _planned(browser))[1:3] == [
        ("2026-09-24T00:00:00Z", "2026-09-24T04:00:00Z"),
        ("2026-09-28T00:00:00Z", "2026-09-28T09:00:00Z"),
    ]
    async with town.database.pool.connection() as conn:
        cut = (await load_rulebook(conn, NOW_US)).shifts
    assert 4 * 3_600_000_000 in {s.ends_us - s.starts_us for s in cut}
    (shown,) = await browser.get("dispatcher", "/leaves", **WEEK)
    assert (shown["reason"], shown["device_name"]) == ("sick", "inspector 号")
    assert (await browser.send("dispatcher", "DELETE", f"/leaves/{leave}")).status_code == 204
    assert len(await _planned(browser)) == 5


async def test_shifts_are_swapped_and_exchanged(town: Town, browser: Browser, pattern: int) -> None:
    own, other = town.devices["inspector"].id, await _colleague(town)
    await _roster(browser, town, pattern)
    body = {"device_id": own, "substitute_id": other, "starts_at": "2026-09-24T00:00:00Z"}
    (swap,) = (await browser.post("dispatcher", "/shift-swaps", body))["ids"]
    rows = await browser.get("dispatcher", "/shifts", **WEEK, device_id=other)
    assert [(row["planned_device_id"], row["starts_at"]) for row in rows] == [
        (own, "2026-09-24T00:00:00Z")
    ]
    again = await browser.send("dispatcher", "POST", "/shift-swaps", json=body)
    assert again.json()["error"]["code"] == "no_such_shift", "it is not theirs any more"
    (shown,) = await browser.get("dispatcher", "/shift-swaps", **WEEK)
    assert (shown["id"], shown["substitute_name"]) == (swap, "同事")
    gone = await browser.send("dispatcher", "DELETE", f"/shift-swaps/{swap}")
    assert gone.status_code == 204
    assert len(await _planned(browser, device_id=own)) == 5
    await _roster(browser, town, pattern, device_ids=[other])
    busy = await browser.send("dispatcher", "POST", "/shift-swaps", json=body)
    assert busy.json()["error"]["code"] == "substitute_on_duty"
    exchange = body | {"exchange_starts_at": "2026-09-25T00:00:00Z"}
    assert len((await browser.post("dispatcher", "/shift-swaps", exchange))["ids"]) == 2
    starts = [start[8:10] for start, _ in await _planned(browser, device_id=own)]
    assert starts == ["23", "25", "25", "28", "29"]


async def test_single_shifts(town: Town, browser: Browser, pattern: int) -> None:
    await _roster(browser, town, pattern, to_date="2026-09-23")
    body = {"device_id": town.devices["inspector"].id, "starts_at": "2026-09-26T00:00:00Z",
            "ends_at": "2026-09-26T04:00:00Z"}  # fmt: skip
    single = (await browser.post("dispatcher", "/shifts", body))["id"]
    rows = await browser.get("dispatcher", "/shifts", **WEEK)
    assert [row["roster_id"] is None for row in rows] == [False, True]
    refused = await browser.send("dispatcher", "DELETE", f"/shifts/{rows[0]['id']}")
    assert refused.json()["error"]["code"] == "shift_of_roster"
    assert (await browser.send("dispatcher", "DELETE", f"/shifts/{single}")).status_code == 204
    assert len(await _planned(browser)) == 1


ROSTER_FILE = "巡查员,班次,开始日期,结束日期\ninspector 号,白班,2026-09-23,2026-09-24\n"
SHIFT_FILE = "unit,starts_at,ends_at\ninspector 号,2026-09-26 08:00,2026-09-26 12:00\n"


@pytest.mark.parametrize(
    ("path", "text", "starts"),
    [("/rosters/import", ROSTER_FILE, ["23", "24"]), ("/shifts/import", SHIFT_FILE, ["26"])],
)
async def test_files(
    browser: Browser, pattern: int, path: str, text: str, starts: list[str]
) -> None:
    assert pattern
    wrong = text.replace("inspector", "nobody").encode()
    found = await browser.send("dispatcher", "POST", f"{path}?dry_run=true", content=wrong)
    assert found.json()["problem_count"] == 1
    assert (await browser.send("dispatcher", "POST", path, content=wrong)).status_code == 422
    done = await browser.send("dispatcher", "POST", path, content=text.encode("gb18030"))
    assert (done.status_code, len(done.json()["ids"])) == (200, 1)
    assert [start[8:10] for start, _ in await _planned(browser)] == starts


async def test_what_is_refused(town: Town, browser: Browser, pattern: int) -> None:
    unit = town.devices["inspector"].id
    cases: list[tuple[str, dict[str, Any], int]] = [
        ("/shift-patterns", {"name": "白班", "windows": [DAYTIME]}, 422),
        ("/shift-patterns", {"name": "x", "windows": [DAYTIME], "zone": "Mars"}, 422),
        ("/shift-patterns", {"name": "x", "windows": []}, 422),
        ("/rosters", {"device_ids": [unit], "pattern_id": 99, "from_date": "2026-09-23"}, 404),
        ("/rosters", {"device_ids": [9_999], "pattern_id": pattern,
                      "from_date": "2026-09-23"}, 404),
        ("/rosters", {"device_ids": [unit], "pattern_id": pattern, "from_date": "2026-09-23",
                      "to_date": "2026-09-22"}, 422),
        ("/leaves", {"device_id": unit, "starts_at": "2026-09-24T04:00:00Z",
                     "ends_at": "2026-09-24T04:00:00Z"}, 422),
        ("/shift-swaps", {"device_id": unit, "substitute_id": unit,
                          "starts_at": "2026-09-24T00:00:00Z"}, 422),
    ]  # fmt: skip
    for path, body, status in cases:
        answer = await browser.send("dispatcher", "POST", path, json=body)
        assert answer.status_code == status, (path, answer.text)
    long = await browser.send(
        "dispatcher", "GET", "/shifts", params={**WEEK, "to": "2027-09-22T00:00:00Z"}
    )
    assert long.status_code == 422
