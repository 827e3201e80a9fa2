"""Exports over the API: ordered, watched, fetched by whoever may, and gone in time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.export.jobs import ExportJobs
from storage.exports import export_of, forget_exports, give_up_exports
from storage.instants import to_datetime
from tests.api.browser import Browser, browser_of
from tests.api.town import Town
from tests.api.traffic import NOW_US

HOUR = {"from": "2026-09-22T12:00:00Z", "to": "2026-09-22T13:00:00Z"}


async def order(browser: Browser, user: str, **body: Any) -> dict[str, Any]:
    answer = await browser.send(user, "POST", "/exports", json={"format": "csv", **HOUR, **body})
    assert answer.status_code == 202, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_company_fetches_its_own_tracks(town: Town, browser: Browser) -> None:
    made = await order(browser, "company_a")
    assert (made["state"], made["url"]) == ("waiting", None)
    done = await browser.finished("company_a", "/exports", made["id"])
    assert (done["state"], done["rows"], done["progress"]) == ("done", 120, 1.0)
    assert done["expires_at"] == "2026-09-23T12:20:00Z"
    answer = await browser.send("company_a", "GET", done["url"])
    assert answer.headers["content-type"].startswith("text/csv")
    assert "tracks-20260922-20260922.csv" in answer.headers["content-disposition"]
    assert answer.content.count(b"\n") == 121
    assert len(answer.content) == done["bytes"]
    assert "苏A00001" not in answer.text
    assert [e["id"] for e in await browser.get("company_a", "/exports")] == [made["id"]]
    assert await browser.get("chief", "/exports") == []
    for path in ("", "/file"):
        answer = await browser.send("chief", "GET", f"/exports/{made['id']}{path}")
        assert answer.status_code == 404, "only who ordered it"


async def test_rights_are_checked_when_it_is_fetched(town: Town, browser: Browser) -> None:
    made = await order(browser, "chief", what="violations", format="geojson")
    done = await browser.finished("chief", "/exports", made["id"])
    assert done["rows"] == 2
    async with town.database.pool.connection() as conn:
        seen = [town.organisations["a"]]
        assert await export_of(conn, town.users["chief"], seen, made["id"]) is None


async def test_what_is_deleted_is_gone(town: Town, browser: Browser, tmp_path: Path) -> None:
    made = await order(browser, "chief", format="gpx")
    await browser.finished("chief", "/exports", made["id"])
    path = tmp_path / "exports" / f"{made['id']}.gpx"
    assert path.is_file()
    answer = await browser.send("chief", "DELETE", f"/exports/{made['id']}")
    assert (answer.status_code, path.exists()) == (204, False)
    answer = await browser.send("chief", "GET", f"/exports/{made['id']}/file")
    assert answer.status_code == 404


async def test_no_more_wait_than_may(
    town: Town, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ExportJobs, "max_waiting", -1)
    first = await order(browser, "chief")
    answer = await browser.send("chief", "POST", "/exports", json={"format": "csv", **HOUR})
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_exports")
    answer = await browser.send("chief", "GET", f"/exports/{first['id']}/file")
    assert answer.status_code == 409
    await browser.send("chief", "DELETE", f"/exports/{first['id']}")
    assert not list(Path(town.services.settings.data_dir).rglob("*.part"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "doc"}, {"from": HOUR["to"]}, {"to": "2028-01-01T00:00:00Z"}, {"what": "users"},
        {"kind": "speeding"}, {"status": "open"}, {"what": "violations", "kind": "speding"},
    ],
)  # fmt: skip
async def test_a_wrong_order_is_told(town: Town, browser: Browser, wrong: dict[str, str]) -> None:
    body = {"format": "csv", **HOUR, **wrong}
    assert (await browser.send("chief", "POST", "/exports", json=body)).status_code == 422


async def test_the_units_of_others_cannot_be_ordered(town: Town, browser: Browser) -> None:
    body = {"format": "csv", **HOUR, "device_ids": [town.devices["truck_a"].id]}
    assert (await browser.send("company_b", "POST", "/exports", json=body)).status_code == 404


async def test_a_database_that_is_away_fails_the_job(town: Town, browser: Browser) -> None:
    town.services.settings.database.replica_url = "postgresql://nobody@127.0.0.1:9/x"
    done = await browser.finished("chief", "/exports", (await order(browser, "chief"))["id"])
    assert (done["state"], done["url"]) == ("failed", None)
    assert "127.0.0.1" in done["error"]


async def test_after_a_restart_what_ran_is_told_as_failed(town: Town, browser: Browser) -> None:
    made = await order(browser, "chief")
    await browser.state.exports.stop()
    async with town.database.pool.connection() as conn:
        await conn.execute("UPDATE exports SET state = 'running', done_at = NULL")
        await give_up_exports(conn, to_datetime(NOW_US))
    again = browser_of(town)
    async with again.client:
        found = await again.get("chief", f"/exports/{made['id']}")
    assert (found["state"], "order it again" in found["error"]) == ("failed", True)


async def test_old_ones_and_too_many_bytes_go(town: Town, browser: Browser) -> None:
    ids = []
    for _ in range(3):
        made = await order(browser, "chief")
        ids.append((await browser.finished("chief", "/exports", made["id"]))["id"])
    before = to_datetime(NOW_US - 1)
    async with town.database.pool.connection() as conn:
        await conn.execute("UPDATE exports SET bytes = 100")
        assert await forget_exports(conn, before, 1_000) == []
        assert await forget_exports(conn, before, 250) == [f"{ids[0]}.csv"]
        rest = await forget_exports(conn, to_datetime(NOW_US + 1), 250)
        assert sorted(rest) == [f"{i}.csv" for i in ids[1:]]


async def test_inspectors_are_exported_on_shift_only_and_may_see_by_whom(
    town: Town, browser: Browser
) -> None:
    inspector = town.devices["inspector"].id
    body = {"device_ids": [inspector]}
    made = await order(browser, "chief", **body)
    done = await browser.finished("chief", "/exports", made["id"])
    assert done["rows"] == 20
    async with town.database.pool.connection() as conn:
        cursor = await conn.execute("SELECT device_id, user_id, source FROM path_views")
        assert await cursor.fetchall() == [(inspector, town.users["chief"], "track")]
        await conn.execute("DELETE FROM shifts")
        await conn.execute("UPDATE rulebook_revision SET revision = revision + 1")
    made = await order(browser, "chief", **body)
    done = await browser.finished("chief", "/exports", made["id"])
    assert done["rows"] == 0
