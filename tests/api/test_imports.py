"""History files over the API: sent, watched, resumed after a restart, cut by the scope."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.take_in.jobs import ImportJobs
from tests.api.browser import Browser, browser_of
from tests.api.town import Town

HEADINGS = "plate,time,longitude,latitude\n"
NIGHT = "2026-09-21T02:{0:02}:{1:02}Z,118.8,32.05\n"


def csv_of(town: Town, *names: str, rows: int = 60) -> bytes:
    """Fixes of each unit, one a second."""
    lines = [
        f"{town.devices[name].plate}," + NIGHT.format(n // 60, n % 60)
        for name in names
        for n in range(rows)
    ]
    return (HEADINGS + "".join(lines)).encode()


async def send(browser: Browser, user: str, content: bytes, **query: Any) -> dict[str, Any]:
    params = {"format": "csv", **query}
    answer = await browser.send(user, "POST", "/imports", params=params, content=content)
    assert answer.status_code == 202, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def nightly(town: Town) -> int:
    """Rows of the night that the files of this test fill."""
    query = "SELECT count(*) FROM positions WHERE time < '2026-09-21T03:00:00Z'"
    async with town.database.pool.connection() as conn:
        row = await (await conn.execute(query)).fetchone()
    assert row is not None
    return int(row[0])


async def test_a_file_is_taken_in_once(town: Town, browser: Browser, tmp_path: Path) -> None:
    content = csv_of(town, "truck_a", "truck_b") + b"nobody,2026-09-21T02:00:00Z,118.8,32\n"
    made = await send(browser, "dispatcher", content, name="old.csv")
    assert (made["state"], made["bytes"], made["name"]) == ("waiting", len(content), "old.csv")
    done = await browser.finished("dispatcher", "/imports", made["id"])
    told = {name: done[name] for name in ("state", "rows", "stored", "duplicates", "refused")}
    assert told == {"state": "done", "rows": 121, "stored": 120, "duplicates": 0, "refused": 1}
    assert done["wrong"] == [{"row": 121, "why": "unit cannot be read or is not known"}]
    assert (done["progress"], done["error"]) == (1.0, None)
    assert await nightly(town) == 120
    assert list((tmp_path / "imports").iterdir()) == [], "the file is gone"
    again = await send(browser, "dispatcher", content)
    assert (await browser.finished("dispatcher", "/imports", again["id"]))["duplicates"] == 120
    assert await nightly(town) == 120
    listed = await browser.get("dispatcher", "/imports")
    assert [row["id"] for row in listed] == [again["id"], made["id"]]
    assert await browser.get("chief", "/imports") == [], "only who sent it"
    answer = await browser.send("dispatcher", "DELETE", f"/imports/{made['id']}")
    assert answer.status_code == 204
    assert len(await browser.get("dispatcher", "/imports")) == 1


async def test_units_that_the_caller_does_not_see_are_not_filled(
    town: Town, browser: Browser
) -> None:
    async with town.database.pool.connection() as conn:
        await conn.execute("UPDATE users SET role = 'chief' WHERE username = 'company_b'")
    made = await send(browser, "company_b", csv_of(town, "truck_a", "truck_b"))
    done = await browser.finished("company_b", "/imports", made["id"])
    assert (done["stored"], done["refused"]) == (60, 60)
    truck_a = {"device_id": town.devices["truck_a"].id, "format": "csv"}
    answer = await browser.send("company_b", "POST", "/imports", params=truck_a, content=b"x")
    assert answer.status_code == 404
    assert await nightly(town) == 60


async def test_after_a_restart_it_goes_on(town: Town, browser: Browser) -> None:
    state = browser.state
    async with state.imports._places:  # nothing runs yet: the server stops before its turn
        made = await send(browser, "chief", csv_of(town, "truck_a"))
        await state.imports.stop()
    found = await browser.get("chief", f"/imports/{made['id']}")
    assert (found["state"], await nightly(town)) == ("waiting", 0)
    again = browser_of(town)
    async with again.client:
        await again.state.imports.recover()
        assert (await again.finished("chief", "/imports", made["id"]))["stored"] == 60
    assert await nightly(town) == 60


async def test_a_file_that_was_lost_is_told(town: Town, browser: Browser, tmp_path: Path) -> None:
    state = browser.state
    async with state.imports._places:
        made = await send(browser, "chief", csv_of(town, "truck_a"))
        (tmp_path / "imports" / f"{made['id']}.csv").unlink()
    done = await browser.finished("chief", "/imports", made["id"])
    assert (done["state"], "send it again" in done["error"]) == ("failed", True)


async def test_what_cannot_be_read_fails_with_words(town: Town, browser: Browser) -> None:
    made = await send(browser, "chief", b"time,place\n1,2\n")
    done = await browser.finished("chief", "/imports", made["id"])
    assert (done["state"], "no column longitude, latitude" in done["error"]) == ("failed", True)
    made = await send(browser, "chief", b"no parquet", format="parquet")
    assert (await browser.finished("chief", "/imports", made["id"]))["state"] == "failed"


@pytest.mark.parametrize(
    ("query", "content"),
    [({"format": "xlsx"}, b"x"), ({"zone": "Mars/Olympus"}, b"x"), ({"zone": "../x"}, b"x"),
     ({}, b""), ({}, b"x" * ((1 << 20) + 1)), ({"datum": "ed50"}, b"x")],
)  # fmt: skip
async def test_a_wrong_request_is_told(
    town: Town, browser: Browser, tmp_path: Path, query: dict[str, str], content: bytes
) -> None:
    town.services.settings.imports.max_megabytes = 1
    params = {"format": "csv", **query}
    answer = await browser.send("chief", "POST", "/imports", params=params, content=content)
    assert answer.status_code == 422, answer.text
    assert not list(tmp_path.rglob("*.part"))
    assert await browser.get("chief", "/imports") == []


async def test_no_more_wait_than_may(
    town: Town, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImportJobs, "max_waiting", 0)
    state = browser.state
    async with state.imports._places:
        first = await send(browser, "chief", csv_of(town, "truck_a"))
        answer = await browser.send(
            "chief", "POST", "/imports", params={"format": "csv"}, content=b"x"
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_imports")
        await browser.send("chief", "DELETE", f"/imports/{first['id']}")
    assert await nightly(town) == 0
