"""The calendar through the API: who may change it, and what rules then read."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from model.calendar import CalendarDay
from storage.rulebook import current_revision, load_rulebook
from tests.api.browser import Browser
from tests.api.town import Town

DAYS = [
    {"date": "2026-10-01", "kind": "holiday", "name": "国庆节"},
    {"date": "2026-10-10", "kind": "workday", "name": "国庆节调休"},
]


async def test_days_are_set_shown_and_read_by_the_rules(town: Town, browser: Browser) -> None:
    async with town.database.pool.connection() as conn:
        before = await current_revision(conn)
    answer = await browser.send("chief", "PUT", "/calendar", json={"days": DAYS})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"known_until": "2026-12-31", "days": DAYS}
    assert (await browser.get("officer_wang", "/calendar", year=2025))["days"] == []
    assert (await browser.get("officer_wang", "/calendar", year=2026))["days"] == DAYS
    async with town.database.pool.connection() as conn:
        rulebook = await load_rulebook(conn)
    assert rulebook.revision > before
    assert rulebook.calendar == tuple(
        CalendarDay(date=date.fromisoformat(day["date"]), kind=day["kind"], name=day["name"])
        for day in DAYS
    )


async def test_a_day_becomes_plain_again(town: Town, browser: Browser) -> None:
    await browser.send("chief", "PUT", "/calendar", json={"days": DAYS})
    plain = {"days": [{"date": "2026-10-01", "kind": "plain"}]}
    answer = await browser.send("chief", "PUT", "/calendar", json=plain)
    assert answer.json() == {"known_until": None, "days": DAYS[1:]}


@pytest.mark.parametrize(
    "days",
    [[], [DAYS[0], DAYS[0]], [{"date": "2026-02-30", "kind": "holiday"}], [{"date": "2026-03-01"}]],
)
async def test_what_is_wrong_is_refused(town: Town, browser: Browser, days: list[Any]) -> None:
    answer = await browser.send("chief", "PUT", "/calendar", json={"days": days})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_request"


async def test_an_officer_may_not(town: Town, browser: Browser) -> None:
    answer = await browser.send("officer_wang", "PUT", "/calendar", json={"days": DAYS})
    assert answer.status_code == 403


async def test_a_rule_keeps_its_workday_windows(town: Town, browser: Browser) -> None:
    window = {"weekdays": [1, 2], "start_min": 0, "end_min": 60, "days": "workdays"}
    rule = {
        "kind": "uncovered_load", "name_zh": "工作日", "name_en": "workdays",
        "schedule": {"zone": "Asia/Shanghai", "windows": [window]},
    }  # fmt: skip
    made = await browser.post("chief", "/rules", rule)
    assert made["schedule"]["windows"] == [window]
    async with town.database.pool.connection() as conn:
        (stored,) = [r for r in (await load_rulebook(conn)).rules if r.id == made["id"]]
    assert stored.schedule is not None
    assert stored.schedule.windows[0].days == "workdays"
