"""Why-not over the API, on stored positions."""

from __future__ import annotations

from typing import Any

from tests.api.town import Browser, Town


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
