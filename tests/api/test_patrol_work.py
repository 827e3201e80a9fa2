"""Tasks, nearest inspectors, hand-over notes, who looked, and the tables of attendance."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest

from pipeline.patrol_shifts import PatrolShifts
from storage.command_queue import CommandQueue
from storage.users import create_user
from tests.api.browser import Browser, browser_of
from tests.api.town import PASSWORD, Town, services_of, write
from tests.api.traffic import MINUTE_US, NOW_US, inspector_rows

DAY = {"from": "2026-09-22T00:00:00Z", "to": "2026-09-23T00:00:00Z"}


@pytest.fixture
async def summed_up(town: Town) -> Town:
    """The inspector's shift is over and summed up: heard for the ten minutes to 12:19."""
    town.clock.advance_to(NOW_US + 3 * 60 * MINUTE_US)
    async with town.database.pool.connection() as conn:
        patrol = PatrolShifts(town.database, town.clock)
        assert await patrol.once(conn) == 1
        assert await patrol.once(conn) == 0, "nothing has changed"
    return town


async def test_attendance_and_coverage(summed_up: Town, browser: Browser) -> None:
    (shift,) = await browser.get("dispatcher", "/patrol/attendance/shifts", **DAY)
    assert (shift["state"], shift["late"], shift["name"]) == ("unknown", None, "inspector 号")
    assert shift["first_at"] == "2026-09-22T12:09:30Z"
    assert (shift["present_h"], shift["unknown_h"], shift["cells_pct"]) == (0.2, 2.2, 100.0)
    (row,) = await browser.get("dispatcher", "/patrol/attendance", **DAY, by="team", per="week")
    assert (row["name"], row["begins"], row["shifts"], row["unknown"]) == (
        "东区执法队", "2026-09-21", 1, 1,
    )  # fmt: skip
    (cell,) = await browser.get("dispatcher", "/patrol/coverage", **DAY)
    assert (cell["name"], cell["visits"], cell["people"], cell["days"]) == ("cell 围栏", 1, 1, 1)
    for by in ("team", "person"):
        (row,) = await browser.get("dispatcher", "/patrol/coverage", **DAY, by=by, per="month")
        assert (row["cells_pct"], row["visits"], row["begins"]) == (100.0, 1, "2026-09-01")
    assert await browser.get("company_a", "/patrol/attendance", **DAY) == []


async def test_late_data_and_a_leave_correct_the_table(summed_up: Town, browser: Browser) -> None:
    town = summed_up
    patrol = PatrolShifts(town.database, town.clock)
    batch = inspector_rows(town.devices["inspector"])
    batch.rows["time_us"] += 30 * MINUTE_US
    await write(town.database, batch, journal_id=9)
    async with town.database.pool.connection() as conn:
        assert await patrol.once(conn) == 1
    (shift,) = await browser.get("dispatcher", "/patrol/attendance/shifts", **DAY)
    assert shift["present_h"] == 0.3
    body = {"device_id": town.devices["inspector"].id, "starts_at": "2026-09-22T11:00:00Z",
            "ends_at": "2026-09-22T14:00:00Z", "reason": "sick"}  # fmt: skip
    await browser.post("dispatcher", "/leaves", body)
    async with town.database.pool.connection() as conn:
        await patrol.once(conn)
    assert await browser.get("dispatcher", "/patrol/attendance", **DAY) == []


async def test_tables_as_files(summed_up: Town, browser: Browser) -> None:
    for path in ("/patrol/attendance", "/patrol/attendance/shifts", "/patrol/coverage"):
        given = {"params": {**DAY, "format": "csv", "language": "en"}}
        answer = await browser.send("dispatcher", "GET", path, **given)
        heads, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert (heads[:2], len(lines), len(lines[0])) == (["name", "organisation"], 1, len(heads))
        given["params"]["format"] = "xlsx"
        sheet = (await browser.send("dispatcher", "GET", path, **given)).content
        with zipfile.ZipFile(io.BytesIO(sheet)) as book:
            assert b"organisation" in b"".join(book.read(name) for name in book.namelist())


async def test_a_task_comes_is_read_and_done(town: Town, browser: Browser) -> None:
    device = town.devices["inspector"].id
    place = {"longitude": 118.81, "latitude": 32.05}
    body = {"device_ids": [device], "text": "清理占道经营", "place": place,
            "deadline": "2026-09-22T13:00:00Z"}  # fmt: skip
    (task,) = await browser.post("dispatcher", "/patrol/tasks", body)
    assert (task["state"], task["place"], task["overdue"]) == ("queued", place, False)
    queue = CommandQueue(town.database.pool)
    (command,) = await queue.take([device], NOW_US)
    assert (command.kind, command.body["place"]) == ("task", [118.81, 32.05])
    states = []
    for result in ("received", "read", "done"):
        assert [c.id for c in await queue.answer(command.id, device, result, NOW_US)]
        (shown,) = await browser.get("officer_wang", "/patrol/tasks", device_id=device)
        states.append(shown["state"])
    assert states == ["delivered", "read", "done"]
    assert await browser.get("dispatcher", "/patrol/tasks", open=True) == []


async def test_tasks_fail_expire_and_are_taken_back(town: Town, browser: Browser) -> None:
    device = town.devices["inspector"].id
    body = {"device_ids": [device], "text": "x", "kind": "message"}
    (task,) = await browser.post("dispatcher", "/patrol/tasks", body)
    queue = CommandQueue(town.database.pool)
    (command,) = await queue.take([device], NOW_US)
    await queue.answer(command.id, device, "unsupported", NOW_US)
    (task,) = await browser.get("dispatcher", "/patrol/tasks")
    assert task["state"] == "failed"
    (second,) = await browser.post("dispatcher", "/patrol/tasks", body)
    cancelled = await browser.post("dispatcher", f"/patrol/tasks/{second['id']}/cancel")
    assert cancelled["state"] == "cancelled"
    assert await queue.take([device], NOW_US) == []
    (third,) = await browser.post("dispatcher", "/patrol/tasks", body | {"kind": "task"})
    done = await browser.post("dispatcher", f"/patrol/tasks/{third['id']}/done")
    assert done["state"] == "done"
    late = body | {"deadline": "2026-09-22T12:00:00Z"}
    refused = await browser.send("dispatcher", "POST", "/patrol/tasks", json=late)
    assert refused.status_code == 422
    truck = body | {"device_ids": [town.devices["truck_a"].id]}
    assert (
        await browser.send("dispatcher", "POST", "/patrol/tasks", json=truck)
    ).status_code == 404


async def test_nearest(town: Town, browser: Browser) -> None:
    place = {"longitude": 118.82, "latitude": 32.05}
    (found,) = await browser.get("dispatcher", "/patrol/nearest", **place)
    assert found["distance_m"] == pytest.approx(944, abs=5)
    assert (found["age_s"], found["fresh"], found["state"]) == (60, True, "on_duty")
    town.clock.advance_to(NOW_US + 2 * 60 * MINUTE_US)
    assert await browser.get("dispatcher", "/patrol/nearest", **place) == []


async def test_handover(town: Town, browser: Browser) -> None:
    numbers = await browser.get("dispatcher", "/patrol/handover/summary")
    assert (numbers["open_violations"], numbers["new_violations"]) == (2, 2)
    note = await browser.post("dispatcher", "/patrol/handover", {"text": "西门占道未处理"})
    assert (note["summary"]["open_violations"], note["taken_by"]) == (2, None)
    taken = await browser.post("chief", f"/patrol/handover/{note['id']}/take")
    assert taken["taken_by"] == "chief 的姓名"
    again = await browser.send("dispatcher", "POST", f"/patrol/handover/{note['id']}/take", json={})
    assert again.json()["error"]["code"] == "note_taken"
    assert await browser.get("company_a", "/patrol/handover") == []


async def test_who_looked_is_kept_and_shown_to_the_person(town: Town, browser: Browser) -> None:
    device = town.devices["inspector"].id
    async with town.database.pool.connection() as conn:
        await create_user(
            conn, organisation_id=town.organisations["district"], username="zhang",
            display_name="张", role="inspector", password=PASSWORD, device_id=device,
        )  # fmt: skip
    for _ in range(2):
        await browser.get("officer_wang", f"/patrol/{device}/path")
    await browser.get("dispatcher", f"/devices/{device}/track", **DAY)
    truck = town.devices["truck_a"].id
    await browser.get("dispatcher", f"/devices/{truck}/track", **DAY)
    own = await browser.get("zhang", "/me/views")
    assert [(view["user_name"], view["source"]) for view in own] == [
        ("dispatcher 的姓名", "track"), ("officer_wang 的姓名", "path"),
    ]  # fmt: skip
    assert await browser.get("officer_wang", "/patrol/views", device_id=device) == own
    assert await browser.get("company_a", "/patrol/views") == []
    assert await browser.get("company_a", "/me/views") == []
    assert (await browser.get("zhang", "/me"))["role"] == "inspector"
    for path in ("/devices", "/patrol/rollcall", "/patrol/views", f"/patrol/{device}/path"):
        assert (await browser.send("zhang", "GET", path)).status_code == 403


async def _places(browser: Browser, device: int) -> tuple[int, Any]:
    found = await browser.get("dispatcher", f"/devices/{device}/track", **DAY)
    last = await browser.get("dispatcher", "/positions/latest")
    return found["properties"]["points"], [p["device_id"] for p in last].count(device)


async def test_off_shift_nothing_is_shown_unless_the_setting_says_so(
    town: Town, browser: Browser
) -> None:
    device = town.devices["inspector"].id
    assert await _places(browser, device) == (20, 1)
    async with town.database.pool.connection() as conn:
        await conn.execute("UPDATE shifts SET ends_at = to_timestamp(%s)", (NOW_US / 1e6 - 300,))
        await conn.execute("UPDATE rulebook_revision SET revision = revision + 1")
    assert await _places(browser, device) == (11, 0)
    settings = town.services.settings.model_copy(deep=True)
    settings.privacy.off_shift = "show"
    open_browser = browser_of(town, services_of(town.database, town.clock, settings=settings))
    async with open_browser.client:
        assert await _places(open_browser, device) == (20, 1)
