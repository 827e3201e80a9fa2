"""The roll-call when a shift starts: everybody planned is named once, with the reason."""

from __future__ import annotations

from typing import Any

import numpy as np

from model.fences import Assignment, Shift
from model.position import PositionBatch, empty_rows
from model.rosters import Leave, Swap
from model.rulebook import FAR_FUTURE_US, Device
from storage.instants import to_datetime
from storage.rulebook import register_device, save_assignment, save_shift
from storage.shifts import save_leave, save_swap
from tests.api.browser import Browser
from tests.api.town import Town, write
from tests.api.traffic import MINUTE_US, NOW_US

START_US = NOW_US - 30 * MINUTE_US
SHIFT = {"ends_us": START_US + 480 * MINUTE_US, "starts_us": START_US}
WHEN = to_datetime(START_US).isoformat()


async def _people(town: Town, *names: str, owner: str = "district") -> dict[str, int]:
    """Inspectors with the town's cell and a shift each."""
    found = {}
    async with town.database.pool.connection() as conn:
        for name in names:
            device = await register_device(
                conn,
                Device(
                    id=0, organisation_id=town.organisations[owner], identity=name,
                    protocol="handset", kind="inspector", name=name, plate=None,
                ),
            )  # fmt: skip
            town.devices[name], found[name] = device, device.id
            cell = Assignment(
                device_id=device.id, fence_id=town.fences["cell"].id, purpose="grid",
                valid_from_us=0, valid_to_us=FAR_FUTURE_US,
            )  # fmt: skip
            await save_assignment(conn, cell)
            await save_shift(conn, Shift(device_id=device.id, **SHIFT))
    return found


def _walk(town: Town, name: str, since_min: int, until_min: int, *, away: bool) -> PositionBatch:
    """A fix a minute of [since, until) after the start, in the cell or far away."""
    device = town.devices[name]
    rows = empty_rows(until_min - since_min)
    rows["device_id"], rows["organisation_id"] = device.id, device.organisation_id
    rows["time_us"] = START_US + MINUTE_US * np.arange(since_min, until_min)
    rows["longitude_e6"] = 118_850_000 if away else 118_810_000
    rows["latitude_e6"], rows["fix_source"], rows["accuracy_m"] = 32_050_000, 1, 8
    return PositionBatch(rows)


async def _called(browser: Browser, user: str = "officer_wang", **asked: str) -> Any:
    found = await browser.get(user, "/patrol/rollcall/start", **asked)
    states = {p["name"]: (p["state"], p["reason"], p["after_min"]) for p in found["people"]}
    assert found["counts"] == {
        state: sum(one[0] == state for one in states.values()) for state in found["counts"]
    }
    assert all(p["why_zh"] and p["why_en"] for p in found["people"])
    return found, states


async def test_everybody_of_a_start(town: Town, browser: Browser) -> None:
    ids = await _people(town, "prompt", "late", "gone", "silent", "ill", "swapped", "stand-in")
    async with town.database.pool.connection() as conn:
        await conn.execute("DELETE FROM shifts WHERE device_id = %s", (ids["stand-in"],))
        span = {"starts_us": START_US - MINUTE_US, "ends_us": START_US + 1_000 * MINUTE_US}
        leave = Leave(id=0, device_id=ids["ill"], reason="sick", note="发烧", **span)
        await save_leave(conn, leave, None, NOW_US)
        swap = Swap(
            id=0, device_id=ids["swapped"], substitute_id=ids["stand-in"], starts_us=START_US
        )
        await save_swap(conn, swap, None, NOW_US)
    walks = [
        _walk(town, "prompt", 0, 30, away=False),
        _walk(town, "late", 0, 20, away=True),
        _walk(town, "late", 20, 30, away=False),
        _walk(town, "gone", 0, 30, away=True),
        _walk(town, "stand-in", 5, 30, away=False),
    ]
    await write(town.database, PositionBatch.join(walks), journal_id=5)
    found, states = await _called(browser)
    assert found["starts_at"] == "2026-09-22T11:50:00Z"
    assert {"starts_at": "2026-09-22T11:50:00Z", "people": 6} in found["starts"]
    assert states == {
        "prompt": ("present", "in_time", 0),
        "late": ("late", "after", 20),
        "gone": ("absent", "elsewhere", None),
        "silent": ("absent", "silent", None),
        "ill": ("on_leave", "leave", None),
        "stand-in": ("present", "in_time", 5),
    }
    by_name = {person["name"]: person for person in found["people"]}
    assert by_name["stand-in"]["instead_of"] == {"device_id": ids["swapped"], "name": "swapped"}
    assert by_name["ill"]["leave"]["note"] == "发烧"


async def test_who_came_after_the_first_hour(town: Town, browser: Browser) -> None:
    """The summary of the shift tells it."""
    ids = await _people(town, "tardy")
    async with town.database.pool.connection() as conn:
        await conn.execute(
            "INSERT INTO patrol_shifts (device_id, starts_at, ends_at, first_at, late)"
            " VALUES (%s, %s, %s, %s, true)",
            (ids["tardy"], to_datetime(START_US), to_datetime(START_US + 480 * MINUTE_US),
             to_datetime(START_US + 90 * MINUTE_US)),
        )  # fmt: skip
    _, states = await _called(browser, at=WHEN)
    assert states == {"tardy": ("late", "after", 90)}


async def test_starts_of_others_are_not_seen(town: Town, browser: Browser) -> None:
    await _people(town, "theirs", owner="b")
    found, states = await _called(browser, "company_a", at=WHEN)
    assert (found["starts"], states) == ([], {})
    _, states = await _called(browser, "company_b")
    assert list(states) == ["theirs"]


async def test_a_start_that_is_still_to_come(town: Town, browser: Browser) -> None:
    await _people(town, "soon")
    async with town.database.pool.connection() as conn:
        await conn.execute(
            "UPDATE shifts SET starts_at = %s WHERE starts_at = %s",
            (to_datetime(NOW_US + 60 * MINUTE_US), to_datetime(START_US)),
        )
    found, _ = await _called(browser)
    assert found["starts_at"] == "2026-09-22T11:00:00Z"  # the last that has come
    later = found["starts"][-1]["starts_at"]
    _, states = await _called(browser, at=later)
    assert states == {"soon": ("expected", "not_due", None)}
