"""Roll-call with reasons, paths, and visits of grid cells."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from api.patrol.cells import FRESH_S, NEW_VISIT_US, CellVisits
from model.fences import Shift
from model.position import PositionBatch, empty_rows
from storage.rulebook import save_shift
from tests.api.browser import Browser
from tests.api.town import Town, square, write
from tests.api.traffic import MINUTE_US, NOW_US, SECOND_US

HOUR_US = 60 * MINUTE_US


async def _report(town: Town, at_us: int, journal_id: int = 2, **given: Any) -> None:
    """One report of the inspector's handset."""
    device = town.devices["inspector"]
    state = {"battery_pct": 71, "network": "4g", "gnss_state": "ok", **given.pop("state", {})}
    row = empty_rows(1)
    row["device_id"], row["organisation_id"], row["time_us"] = (
        device.id,
        device.organisation_id,
        at_us,
    )
    columns = {
        "longitude_e6": 118_810_000,
        "latitude_e6": 32_050_000,
        "fix_source": 1,
        "accuracy_m": 8,
    }
    for name, value in {**columns, **given}.items():
        row[name] = value
    batch = PositionBatch(row, [msgspec.json.encode(state).decode()])
    await write(town.database, batch, journal_id=journal_id)


async def _entry(browser: Browser) -> Any:
    (entry,) = await browser.get("officer_wang", "/patrol/rollcall")
    assert entry["why_zh"]
    assert entry["why_en"]
    return entry


async def test_on_duty(town: Town, browser: Browser) -> None:
    entry = await _entry(browser)
    assert entry["state"] == "on_duty"
    assert entry["grid"] == {"fence_id": town.fences["cell"].id, "name": "cell 围栏"}
    assert entry["shift"] == {
        "starts_at": "2026-09-22T11:00:00Z",
        "ends_at": "2026-09-22T13:20:00Z",
    }
    assert (entry["battery_pct"], entry["network"], entry["gnss_state"]) == (71, "4g", "ok")


@pytest.mark.parametrize(
    ("given", "state", "words"),
    [
        ({"longitude_e6": 118_830_000}, "off_grid", "cell 围栏"),
        ({"longitude_e6": 118_815_400}, "on_duty", ""),  # 38 m outside: within the tolerance
        ({"longitude_e6": 118_830_000, "accuracy_m": 150}, "poor_gnss", "150"),
        ({"fix_source": 0}, "poor_gnss", "no position"),
        ({"state": {"gnss_state": "off"}}, "poor_gnss", "switched off"),
    ],
)
async def test_states_of_a_handset_that_reports(
    town: Town, browser: Browser, given: dict[str, Any], state: str, words: str
) -> None:
    await _report(town, NOW_US - 5 * SECOND_US, **given)
    entry = await _entry(browser)
    assert entry["state"] == state
    assert words in entry["why_en"]


@pytest.mark.parametrize(("good_before", "state"), [(30, "on_duty"), (400, "off_grid")])
async def test_a_coarse_fix_soon_after_a_good_one_puts_nobody_off_the_grid(
    town: Town, browser: Browser, good_before: int, state: str
) -> None:
    """The board reads where somebody is to be believed, as the rules do."""
    now_us = NOW_US + 600 * SECOND_US
    town.clock.advance_to(now_us)
    await _report(town, now_us - (5 + good_before) * SECOND_US, 2)
    await _report(
        town, now_us - 5 * SECOND_US, 3, longitude_e6=118_830_000, accuracy_m=60, fix_source=3
    )
    assert (await _entry(browser))["state"] == state


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"battery_pct": 4}, "battery was at 4 %"),
        ({"network": "none"}, "no network"),
        ({"gnss_state": "off"}, "switched off"),
        ({}, "all was well"),
    ],
)
async def test_silent_and_why(
    town: Town, browser: Browser, state: dict[str, Any], words: str
) -> None:
    await _report(town, NOW_US, state=state)
    town.clock.advance_to(NOW_US + 16 * MINUTE_US)
    entry = await _entry(browser)
    assert entry["state"] == "silent"
    assert "16 min" in entry["why_en"]
    assert words in entry["why_en"]


async def test_off_shift_and_not_started(town: Town, browser: Browser) -> None:
    town.clock.advance_to(NOW_US + HOUR_US)
    assert (await _entry(browser))["state"] == "off_shift"
    async with town.database.pool.connection() as conn:
        await conn.execute(
            "UPDATE shifts SET starts_at = '2026-09-22T13:00Z', ends_at = '2026-09-22T20:00Z'"
        )
    entry = await _entry(browser)
    assert entry["state"] == "not_started"
    assert "20 min" in entry["why_en"]
    async with town.database.pool.connection() as conn:
        await conn.execute("DELETE FROM shifts")
    assert (await _entry(browser))["shift"] is None


async def test_path_is_the_shift_by_default(town: Town, browser: Browser) -> None:
    await _report(town, NOW_US - 75 * MINUTE_US)
    await _report(town, NOW_US - 2 * HOUR_US, journal_id=3)  # before the shift: nobody's business
    path = f"/patrol/{town.devices['inspector'].id}/path"
    shift = await browser.get("officer_wang", path)
    assert shift["properties"]["points"] == 21
    assert shift["properties"]["from"] == "2026-09-22T11:00:00Z"
    period = {"from": "2026-09-22T10:00:00Z", "to": "2026-09-22T12:15:00Z"}
    longer = await browser.get("officer_wang", path, **period)
    assert longer["properties"]["points"] == 12
    gaps = longer["properties"]["gaps"]
    assert [(gap["kind"], gap["from"][11:16], gap["to"][11:16]) for gap in gaps] == [
        ("no_data", "10:00", "11:05"),
        ("no_data", "11:05", "12:09"),
    ]
    truck = await browser.send("chief", "GET", f"/patrol/{town.devices['truck_a'].id}/path")
    assert truck.status_code == 404


async def test_path_says_why_nothing_is_known(town: Town, browser: Browser) -> None:
    start_us = NOW_US - 3 * HOUR_US
    device_id = town.devices["inspector"].id
    async with town.database.pool.connection() as conn:
        shift = Shift(device_id=device_id, starts_us=start_us, ends_us=start_us + HOUR_US)
        await save_shift(conn, shift)
    for minutes in (0, 4, 30):
        east = 118_810_000 + 2_000 * minutes
        await _report(town, start_us + minutes * MINUTE_US, 10 + minutes, longitude_e6=east)
    off = {"gap": "phone_off", "gap_s": 900}
    await _report(town, start_us + 8 * MINUTE_US, 3, state=off, fix_source=0)
    sos = {"event": "sos", "text": "摔倒"}
    late = {"delay_ms": 3_600_000, "longitude_e6": 118_870_000}
    await _report(town, start_us + 31 * MINUTE_US, 4, state=sos, **late)
    path = f"/patrol/{town.devices['inspector'].id}/path"
    period = {"from": "2026-09-22T09:20:00Z", "to": "2026-09-22T09:52:00Z"}
    found = (await browser.get("officer_wang", path, **period))["properties"]
    gap = {"from_index": 1, "to_index": 2, "kind": "phone_off", "told_by": "handset"}
    times = {"from": "2026-09-22T09:24:00Z", "to": "2026-09-22T09:50:00Z"}
    assert found["gaps"] == [{**gap, **times, "storm_id": None}]
    assert found["late"] == [
        {
            "from": "2026-09-22T09:51:00Z",
            "to": "2026-09-22T09:51:00Z",
            "received_at": "2026-09-22T10:51:00Z",
        }
    ]
    (event,) = found["events"]
    assert (event["event"], event["text"], event["longitude"]) == ("sos", "摔倒", 118.87)
    assert len(found["fused"]) == len(found["fused_accuracy_m"]) == 4
    assert found["length_m"] == pytest.approx(5_700, abs=200)
    (stay,) = found["stays"]
    assert (stay["from_index"], stay["to_index"], stay["longitude"]) == (2, 3, 118.87)


async def _cell(browser: Browser) -> Any:
    found = await browser.get("officer_wang", "/patrol/cells")
    (cell,) = found["features"]
    return cell["properties"]


async def test_cells_know_their_last_visit(
    town: Town, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.patrol.cells.FRESH_S", 0.0)
    first = await _cell(browser)
    assert first["last_visit_at"] == "2026-09-22T12:19:00Z"
    assert (first["age_s"], first["visits"]) == (60, 1)
    town.clock.advance_to(NOW_US + HOUR_US)
    later_us = NOW_US + 30 * MINUTE_US
    await _report(town, later_us, journal_id=2)
    await _report(town, later_us + NEW_VISIT_US, journal_id=3)
    await _report(town, later_us + NEW_VISIT_US + MINUTE_US, 4, longitude_e6=118_900_000)
    again = await _cell(browser)
    assert again["last_visit_at"] == "2026-09-22T13:00:00Z"
    assert (again["age_s"], again["visits"]) == (1_200, 2)


async def test_moved_cells_are_counted_anew(town: Town, browser: Browser) -> None:
    assert (await _cell(browser))["visits"] == 1
    cell = town.fences["cell"]
    (shown,) = (await browser.get("officer_wang", "/patrol/cells"))["features"]
    shown["geometry"] = square(118.95, 32.2, 0.01)
    assert (await browser.send("chief", "PUT", f"/fences/{cell.id}", json=shown)).status_code == 200
    town.clock.advance_to(NOW_US + SECOND_US)
    fresh = CellVisits(town.clock)
    async with town.database.pool.connection() as conn:
        ((fence, visited),) = await fresh.read(conn)
    # What was visited under the old outline stays visited.
    assert (fence.version, visited.visits) == (2, 1)


async def test_cells_are_asked_of_the_database_now_and_then_only(town: Town) -> None:
    now_s = 0.0
    visits = CellVisits(town.clock, lambda: now_s)
    async with town.database.pool.connection() as conn:
        await visits.read(conn)
        await _report(town, NOW_US)
        assert (await visits.read(conn))[0][1].last_us == NOW_US - MINUTE_US
        now_s = FRESH_S
        town.clock.advance_to(NOW_US + SECOND_US)
        assert (await visits.read(conn))[0][1].last_us == NOW_US
