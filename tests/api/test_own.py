"""An inspector's own account: own duty, path, tasks, attendance; nothing of anybody else."""

from __future__ import annotations

from typing import Any

import pytest

from model.fences import Shift
from model.rulebook import Device
from pipeline.patrol_shifts import PatrolShifts
from storage.rulebook import register_device, save_shift
from storage.users import create_user
from tests.api.browser import Browser
from tests.api.town import PASSWORD, Town
from tests.api.traffic import MINUTE_US, NOW_US

DAY = {"from": "2026-09-22T00:00:00Z", "to": "2026-09-23T00:00:00Z"}
OWN = ("/me/duty", "/me/path", "/me/tasks", "/me/attendance", "/me/views")


@pytest.fixture
async def zhang(town: Town) -> str:
    """The account of the town's inspector, in an organisation that sees nothing of the district."""
    async with town.database.pool.connection() as conn:
        await create_user(
            conn, organisation_id=town.organisations["a"], username="zhang", display_name="张",
            role="inspector", password=PASSWORD, device_id=town.devices["inspector"].id,
        )  # fmt: skip
        later = Shift(
            device_id=town.devices["inspector"].id,
            starts_us=NOW_US + 12 * 60 * MINUTE_US,
            ends_us=NOW_US + 20 * 60 * MINUTE_US,
        )
        await save_shift(conn, later)
    return "zhang"


async def _colleague(town: Town) -> int:
    device = Device(
        id=0, organisation_id=town.organisations["district"], identity="13800009999",
        protocol="handset", kind="inspector", name="同事", plate=None,
    )  # fmt: skip
    async with town.database.pool.connection() as conn:
        return (await register_device(conn, device)).id


async def _task(browser: Browser, device_id: int, **body: Any) -> Any:
    wanted = {"device_ids": [device_id], "text": "看看西门", **body}
    return (await browser.post("dispatcher", "/patrol/tasks", wanted))[0]


async def test_duty_is_the_own_one(town: Town, browser: Browser, zhang: str) -> None:
    await _colleague(town)
    found = await browser.get(zhang, "/me/duty")
    listed = await browser.get("officer_wang", "/patrol/rollcall")
    assert found["duty"] in listed
    assert len(listed) == 2
    assert found["duty"]["name"] == "inspector 号"
    now, later = found["shifts"]
    assert now["starts_at"] == found["duty"]["shift"]["starts_at"] == "2026-09-22T11:00:00Z"
    assert later["starts_at"] == "2026-09-23T00:20:00Z"
    (cell,) = found["cells"]["features"]
    assert cell["properties"]["name"] == "cell 围栏"
    assert cell["properties"]["visits"] == 1
    assert (await browser.get(zhang, "/basemap"))["type"] == "FeatureCollection"


async def test_looking_at_the_own_path_is_nobodys_look(
    town: Town, browser: Browser, zhang: str
) -> None:
    path = await browser.get(zhang, "/me/path")
    assert await browser.get(zhang, "/me/views") == []
    theirs = await browser.get("officer_wang", f"/patrol/{town.devices['inspector'].id}/path")
    assert path == theirs
    assert path["properties"]["points"] > 0
    assert [view["user_name"] for view in await browser.get(zhang, "/me/views")] == [
        "officer_wang 的姓名"
    ]


async def test_tasks_are_read_and_done_by_whoever_has_them(
    town: Town, browser: Browser, zhang: str
) -> None:
    mine = await _task(browser, town.devices["inspector"].id)
    theirs = await _task(browser, await _colleague(town))
    assert [task["id"] for task in await browser.get(zhang, "/me/tasks")] == [mine["id"]]
    read = await browser.post(zhang, f"/me/tasks/{mine['id']}/read")
    assert (read["state"], read["done_at"]) == ("read", None)
    done = await browser.post(zhang, f"/me/tasks/{mine['id']}/done")
    assert (done["state"], done["read_at"]) == ("done", read["read_at"])
    (seen,) = await browser.get("dispatcher", "/patrol/tasks", device_id=mine["device_id"])
    assert seen["state"] == "done"
    for mark in ("read", "done"):
        answer = await browser.send(zhang, "POST", f"/me/tasks/{theirs['id']}/{mark}", json={})
        assert answer.status_code == 404
    answer = await browser.send(zhang, "POST", f"/me/tasks/{mine['id']}/cancel", json={})
    assert answer.status_code == 422


async def test_what_was_taken_back_is_not_done_any_more(
    town: Town, browser: Browser, zhang: str
) -> None:
    task = await _task(browser, town.devices["inspector"].id)
    await browser.post("dispatcher", f"/patrol/tasks/{task['id']}/cancel")
    done = await browser.post(zhang, f"/me/tasks/{task['id']}/done")
    assert (done["state"], done["done_at"]) == ("cancelled", None)


async def test_own_attendance(town: Town, browser: Browser, zhang: str) -> None:
    town.clock.advance_to(NOW_US + 3 * 60 * MINUTE_US)
    async with town.database.pool.connection() as conn:
        await PatrolShifts(town.database, town.clock).once(conn)
    own = await browser.get(zhang, "/me/attendance", **DAY)
    assert own == await browser.get("officer_wang", "/patrol/attendance/shifts", **DAY)
    assert [shift["state"] for shift in own] == ["unknown"]


async def test_who_has_no_handset_is_told_so(town: Town, browser: Browser, zhang: str) -> None:
    for path in OWN[:-1]:
        answer = await browser.send("chief", "GET", path, params=DAY)
        assert answer.json()["error"]["code"] == "no_handset", path
    async with town.database.pool.connection() as conn:
        await conn.execute("UPDATE devices SET kind = 'other' WHERE kind = 'inspector'")
    answer = await browser.send(zhang, "GET", "/me/duty")
    assert answer.status_code == 403
