"""Permits and waybills over the API: by hand, and in files whose every mistake is named."""

from __future__ import annotations

from typing import Any

import pytest

from storage.permits import permits_of
from storage.rulebook import load_rulebook
from storage.waybills import waybills_of
from tests.api.browser import Browser
from tests.api.town import Town
from tests.api.traffic import MINUTE_US, NOW_US

UNTIL = "2026-12-31T00:00:00Z"
HEAD = "number,unit,site,dumps,windows,volume_m3,valid_from,valid_to\n"
GOOD = "准7,苏A00000,site 围栏,cell 围栏;yard_b 围栏,1-5 20:00-06:00;6,12.5,2026-09-22,2026-10-22\n"
WAYBILL_HEAD = "联单号,车辆,工地,消纳场,签发时间,有效期至\n"


def permit_of(town: Town, **changes: Any) -> dict[str, Any]:
    return {
        "number": "准1", "device_id": town.devices["truck_a"].id,
        "site_fence_id": town.fences["site"].id, "dump_fence_ids": [town.fences["cell"].id],
        "valid_to": UNTIL, **changes,
    }  # fmt: skip


def waybill_of(town: Town, **changes: Any) -> dict[str, Any]:
    return {
        "number": "联1", "device_id": town.devices["truck_a"].id,
        "site_fence_id": town.fences["site"].id, "dump_fence_id": town.fences["cell"].id,
        "volume_m3": 12, "valid_until": UNTIL, **changes,
    }  # fmt: skip


async def upload(browser: Browser, path: str, text: str | bytes, **query: Any) -> Any:
    data = text.encode() if isinstance(text, str) else text
    answer = await browser.send("chief", "POST", path, content=data, params=query)
    return answer.json() | {"status": answer.status_code}


async def test_a_change_makes_a_version_and_the_past_keeps_its_own(
    town: Town, browser: Browser
) -> None:
    night = {"windows": [{"weekdays": [1], "start_min": 1200, "end_min": 360}]}
    early = "2026-09-22T10:00:00Z"
    first = await browser.post(
        "chief", "/permits", permit_of(town, schedule=night, valid_from=early)
    )
    assert (first["version"], first["organisation_id"]) == (1, town.organisations["a"])
    body = permit_of(town, dump_fence_ids=[town.fences["yard_b"].id])
    answer = await browser.send("chief", "PUT", f"/permits/{first['id']}", json=body)
    assert (answer.json()["version"], answer.json()["valid_from"]) == (2, "2026-09-22T12:20:00Z")
    at = await browser.get("company_a", "/permits", at="2026-09-22T12:00:00Z")
    assert [(p["version"], p["valid_to"]) for p in at] == [(1, "2026-09-22T12:20:00Z")]
    assert at[0]["schedule"]["windows"][0]["start_min"] == 1200
    assert [p["version"] for p in await browser.get("chief", "/permits")] == [2, 1]
    async with town.database.pool.connection() as conn:
        book = await load_rulebook(conn, NOW_US)
        assert [p.version for p in book.permits] == [1, 2]
        device_id = town.devices["truck_a"].id
        assert [p.version for p in await permits_of(conn, device_id, NOW_US)] == [2]
        assert [p.version for p in await permits_of(conn, device_id, NOW_US - MINUTE_US)] == [1]
    town.clock.advance_to(NOW_US + 5 * MINUTE_US)
    assert (await browser.send("chief", "DELETE", f"/permits/{first['id']}")).status_code == 204
    assert await browser.get("chief", "/permits", at="2026-09-22T12:25:00Z") == []


async def test_a_waybill_is_corrected_and_cancelled(town: Town, browser: Browser) -> None:
    made = await browser.post("chief", "/waybills", waybill_of(town))
    assert (made["issued_at"], made["cancelled_at"]) == ("2026-09-22T12:20:00Z", None)
    again = await browser.send("chief", "POST", "/waybills", json=waybill_of(town))
    assert again.json()["error"]["code"] == "waybill_exists"
    path = f"/waybills/{made['id']}"
    answer = await browser.send("chief", "PUT", path, json=waybill_of(town, volume_m3=9))
    assert (answer.json()["id"], answer.json()["volume_m3"]) == (made["id"], 9)
    answer = await browser.send("chief", "PUT", path, json=waybill_of(town, number="联2"))
    assert answer.status_code == 422
    async with town.database.pool.connection() as conn:
        assert len(await waybills_of(conn, town.devices["truck_a"].id, NOW_US)) == 1
        cancelled = await browser.send("chief", "DELETE", path)
        assert cancelled.json()["cancelled_at"] == "2026-09-22T12:20:00Z"
        assert await waybills_of(conn, town.devices["truck_a"].id, NOW_US) == ()
        (loaded,) = (await load_rulebook(conn, NOW_US)).waybills
        assert not loaded.covers(NOW_US)
    assert len(await browser.get("company_a", "/waybills")) == 1
    assert await browser.get("company_b", "/waybills") == []


@pytest.mark.parametrize(
    ("path", "change"),
    [("/permits", {"valid_to": "2020-01-01T00:00:00Z"}), ("/permits", {"dump_fence_ids": []}),
     ("/permits", {"volume_m3": -1}), ("/permits", {"schedule": {"zone": "Mars/Base"}}),
     ("/waybills", {"valid_until": "2020-01-01T00:00:00Z"}), ("/waybills", {"number": " "})],
)  # fmt: skip
async def test_mistakes_are_refused(
    town: Town, browser: Browser, path: str, change: dict[str, Any]
) -> None:
    made = permit_of if path == "/permits" else waybill_of
    answer = await browser.send("chief", "POST", path, json=made(town, **change))
    assert answer.status_code == 422
    field = answer.json()["error"]["detail"]["fields"][0]["field"]
    assert next(iter(change)).split("_")[0] in field


async def test_a_file_is_stored_whole_and_known_numbers_get_versions(
    town: Town, browser: Browser
) -> None:
    said = await upload(browser, "/permits/import", HEAD + GOOD.replace(";6,", ","), dry_run=True)
    assert (said["count"], said["ids"], said["problems"]) == (1, [], [])
    assert await browser.get("chief", "/permits") == []
    text = (HEAD + GOOD.replace(";6,", ",")).encode("gb18030")
    first = await upload(browser, "/permits/import", text)
    second = await upload(browser, "/permits/import", text)
    assert first["ids"] == second["ids"] != []
    (permit,) = await browser.get("chief", "/permits")
    assert (permit["version"], permit["valid_from"]) == (2, "2026-09-21T16:00:00Z")
    assert len(permit["dump_fence_ids"]) == 2
    assert permit["schedule"]["windows"][0]["weekdays"] == [1, 2, 3, 4, 5]
    line = "联9,13800000000,site 围栏,cell 围栏,2026-09-22 20:00,2026-09-22T15:00Z\n"
    for _ in range(2):
        said = await upload(browser, "/waybills/import", WAYBILL_HEAD + line)
        assert (said["status"], len(said["ids"])) == (200, 1)
    (waybill,) = await browser.get("chief", "/waybills")
    assert waybill["issued_at"] == "2026-09-22T12:00:00Z"


async def test_a_file_with_mistakes_names_line_and_field(town: Town, browser: Browser) -> None:
    bad = HEAD + GOOD + "准7,苏X,site,,25:00,-3,soon,2026-10-22\n\n" + "准8,苏A00000\n"
    said = await upload(browser, "/permits/import", bad, dry_run=True)
    wrong = [(p["line"], p["field"]) for p in said["problems"]]
    fields = ("unit", "site", "dumps", "windows", "volume_m3", "valid_from")
    assert wrong[:8] == [(2, "windows"), *((3, name) for name in fields), (5, "site")]
    assert (3, "number") in wrong
    assert all(p["zh"] and p["en"] for p in said["problems"])
    refused = await upload(browser, "/permits/import", bad)
    assert refused["status"] == 422
    assert refused["error"]["detail"]["fields"][0]["field"] == "line 2: windows"
    assert await browser.get("chief", "/permits") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "is missing"), ("number,colour\n", "no such column"), ("number,number\n", "twice"),
     (b"\xff\xff\xff", "UTF-8"), (HEAD + '"open', "CSV"),
     (HEAD + GOOD.replace(",2026-10", ",2026-08").replace(";6,", ","), "must come after")],
)  # fmt: skip
async def test_files_that_are_none(
    town: Town, browser: Browser, text: str | bytes, words: str
) -> None:
    said = await upload(browser, "/permits/import", text, dry_run=True)
    assert words in said["problems"][0]["en"]
