"""What units drove, out of their daily summaries."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest

from pipeline.daily_summaries import DailySummaries
from tests.api.browser import Browser
from tests.api.town import Town

DAY = {"from": "2026-09-22T00:00:00Z", "to": "2026-09-23T00:00:00Z"}


@pytest.fixture
async def summed_up(town: Town) -> Town:
    """Both trucks have driven 11.9 km; the inspector is no vehicle."""
    days = DailySummaries(town.database, town.clock, "Asia/Shanghai", 90)
    assert await days.once(late_wait_us=0)
    return town


async def test_mileage_of_a_unit(summed_up: Town, browser: Browser) -> None:
    path = f"/devices/{summed_up.devices['truck_a'].id}/mileage"
    (only,) = await browser.get("chief", path, **DAY)
    assert (only["day"], only["fixes"], only["first_at"]) == (
        "2026-09-22", 120, "2026-09-22T12:00:00Z",
    )  # fmt: skip
    assert abs(only["distance_km"] - 119 * 0.1) < 0.1
    assert (only["max_speed_kmh"], only["work_s"]) == (36.6, 0.0)
    wrong = {**DAY, "to": "2027-12-23T00:00:00Z"}
    assert (await browser.send("chief", "GET", path, params=wrong)).status_code == 422


async def test_mileage_of_an_inspector_comes_from_what_may_be_seen(
    summed_up: Town, browser: Browser
) -> None:
    path = f"/devices/{summed_up.devices['inspector'].id}/mileage"
    (only,) = await browser.get("dispatcher", path, **DAY)
    assert only["fixes"] == 20
    wrong = {**DAY, "to": "2026-12-23T00:00:00Z"}
    assert (await browser.send("dispatcher", "GET", path, params=wrong)).status_code == 422


async def test_mileage_of_the_fleet(summed_up: Town, browser: Browser) -> None:
    rows = await browser.get("chief", "/mileage", **DAY)
    assert sorted(row["name"] for row in rows) == ["truck_a 号", "truck_b 号"]
    assert {(row["units"], row["days"], row["fixes"], row["begins"]) for row in rows} == {
        (1, 1, 120, None)
    }
    assert all(abs(row["distance_km"] - 11.9) < 0.1 for row in rows)
    assert {row["moving_h"] for row in rows} == {round(119 * 10 / 3600, 2)}
    (own,) = await browser.get("company_a", "/mileage", **DAY)
    assert own["id"] == summed_up.devices["truck_a"].id
    by_day = await browser.get("chief", "/mileage", per="month", by="organisation", **DAY)
    assert [row["begins"] for row in by_day] == ["2026-09-01", "2026-09-01"]
    (whole,) = await browser.get("chief", "/mileage", by="all", **DAY)
    assert (whole["units"], whole["name"]) == (2, None)
    assert await browser.get("chief", "/mileage", kind="sweeper", **DAY) == []
    other = summed_up.organisations["b"]
    assert await browser.get("company_a", "/mileage", organisation_id=other, **DAY) == []


async def test_mileage_as_files(summed_up: Town, browser: Browser) -> None:
    given = {"params": {**DAY, "format": "csv", "language": "en", "per": "week"}}
    answer = await browser.send("chief", "GET", "/mileage", **given)
    heads, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (heads[0], len(lines), len(lines[0])) == ("name", 2, len(heads))
    assert {line[heads.index("begins")] for line in lines} == {"2026-09-21"}
    given["params"]["format"] = "xlsx"
    sheet = (await browser.send("chief", "GET", "/mileage", **given)).content
    with zipfile.ZipFile(io.BytesIO(sheet)) as book:
        assert b"distance (km)" in b"".join(book.read(name) for name in book.namelist())
