"""Why-not over the API, on stored positions."""

from __future__ import annotations

from typing import Any

from tests.api.browser import Browser
from tests.api.town import Town


async def ask(browser: Browser, town: Town, at: str, **changes: Any) -> dict[str, Any]:
    """The chief asks about truck_a and the bureau's rule."""
    given = {"device_id": town.devices["truck_a"].id, "rule_id": town.rules["uncovered"].id}
    return dict(await browser.get("chief", "/why-not", at=at, **(given | changes)))


async def test_a_raised_violation_is_named(town: Town, browser: Browser) -> None:
    found = await ask(browser, town, "2026-09-22T12:06:00Z")
    assert (found["code"], found["violation_id"]) == ("raised", town.violations["a"])


async def test_a_clause_a_period_without_data_and_a_withdrawn_one(
    town: Town, browser: Browser
) -> None:
    found = await ask(browser, town, "2026-09-22T12:02:00Z")
    assert (found["code"], found["fix_at"]) == ("condition_false", "2026-09-22T12:02:00Z")
    assert [c["name"] for c in found["clauses"] if c["value"] == "no"] == ["cover_closed"]
    assert (await ask(browser, town, "2026-09-22T11:30:00Z"))["code"] == "no_data"
    async with town.database.pool.connection() as conn:
        await conn.execute("UPDATE violations SET finding = 'withdrawn'")
    found = await ask(browser, town, "2026-09-22T12:06:00Z")
    assert (found["code"], found["violation_id"]) == ("withdrawn", town.violations["a"])


async def test_only_what_one_may_see(town: Town, browser: Browser) -> None:
    own = {"device_id": town.devices["truck_a"].id, "rule_id": town.rules["uncovered"].id}
    assert (await browser.get("company_a", "/why-not", **own))["code"]
    for change in (
        {"device_id": town.devices["truck_b"].id},
        {"rule_id": town.rules["uncovered_b"].id},
        {"rule_id": 999},
    ):
        answer = await browser.send("company_a", "GET", "/why-not", params=own | change)
        assert answer.status_code == 404
    answer = await browser.send(
        "chief", "GET", "/why-not", params=own | {"at": "2030-01-01T00:00Z"}
    )
    assert answer.status_code == 422


async def test_a_period_is_told_in_runs(town: Town, browser: Browser) -> None:
    own = {"device_id": town.devices["truck_a"].id, "rule_id": town.rules["uncovered"].id}
    period = {"from": "2026-09-22T12:00:00Z", "to": "2026-09-22T12:18:00Z"}
    found = await browser.get("company_a", "/why-not", **own, **period)
    assert [(r["code"], r["from"][14:19]) for r in found["runs"]] == [
        ("condition_false", "00:00"), ("raised", "05:00"), ("condition_false", "12:10"),
    ]  # fmt: skip
    assert found["runs"][1]["violation_id"] == town.violations["a"]
    assert found["runs"][0]["clauses"][2]["name"] == "cover_closed"
    async with town.database.pool.connection() as conn:
        await conn.execute("UPDATE violations SET finding = 'withdrawn'")
    found = await browser.get("company_a", "/why-not", **own, **period)
    assert found["runs"][1]["code"] == "withdrawn"
    for wrong in ({**period, "at": period["from"]}, {"from": period["from"]},
                  {**period, "to": "2026-09-25T00:00:00Z"},
                  {"from": period["to"], "to": period["from"]}):  # fmt: skip
        answer = await browser.send("chief", "GET", "/why-not", params=own | wrong)
        assert answer.status_code == 422


async def test_whom_a_rule_cannot_judge(town: Town, browser: Browser) -> None:
    rule_id, devices = town.rules["uncovered"].id, town.devices
    async with town.database.pool.connection() as conn:
        for name, at in (("truck_b", "12:05"), ("truck_a", "12:01")):
            values = (devices[name].id, rule_id, f"2026-09-22T{at}Z")
            await conn.execute("INSERT INTO unjudged VALUES (%s, %s, %s, 'poor_gnss')", values)
    path = f"/rules/{rule_id}/cannot-judge"
    found = await browser.get("chief", path)
    assert [(f["device"]["name"], f["since"][11:16]) for f in found] == [
        ("苏A00000", "12:01"), ("苏A00001", "12:05"),
    ]  # fmt: skip
    assert (found[0]["reason"], found[0]["en"]) == ("poor_gnss", "the position is too inaccurate")
    assert (await browser.send("company_b", "GET", path)).status_code == 404
