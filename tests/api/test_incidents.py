"""Incidents, storms and repeat offences as people see them."""

from __future__ import annotations

import msgspec

from storage.rulebook import save_rule
from tests.api.browser import Browser
from tests.api.town import Town, raise_violation
from tests.api.traffic import MINUTE_US, NOW_US


async def test_violations_that_lie_close_are_one_incident(town: Town, browser: Browser) -> None:
    first = town.violations["a"]
    start = NOW_US - 3 * MINUTE_US
    near = await raise_violation(
        town, "truck_a", severity="info", started_us=start, last_us=start, ended_us=None
    )
    (incident,) = await browser.get("officer_wang", "/incidents", status="open")
    # The near one happened outside the district: its officers do not see it.
    assert [v["id"] for v in incident["violations"]] == [first]
    whole = await browser.get("chief", f"/incidents/{first}")
    assert [v["id"] for v in whole["violations"]] == [first, near]
    shown = {name: whole[name] for name in ("severity", "status", "ended_at", "started_at")}
    assert shown == {
        "severity": "serious",
        "status": "open",
        "ended_at": None,
        "started_at": "2026-09-22T12:05:00Z",
    }
    everybody = await browser.get("chief", "/incidents")
    assert [i["id"] for i in everybody] == [town.violations["b"], first]
    assert [i["id"] for i in await browser.get("chief", "/incidents", before_id=2)] == [first]
    device = town.devices["truck_a"].id
    assert len(await browser.get("chief", "/incidents", device_id=device)) == 1
    one = await browser.get("chief", "/violations", incident_id=first)
    assert {v["id"] for v in one} == {first, near}


async def test_a_false_alarm_counts_no_more(town: Town, browser: Browser) -> None:
    parameters = {"repeat_limit": 1, "repeat_days": 30}
    rule = msgspec.structs.replace(town.rules["uncovered"], id=0, parameters=parameters)
    async with town.database.pool.connection() as conn:
        town.rules["counting"] = await save_rule(conn, rule)
    given = {"severity": "warning", "repeat": (30, 1)}
    early = NOW_US - 24 * 60 * MINUTE_US
    once = await raise_violation(
        town, "truck_a", "counting", started_us=early, last_us=early, ended_us=early, **given
    )
    again = await raise_violation(town, "truck_a", "counting", **given)
    card = await browser.get("chief", f"/violations/{again}")
    assert card["repeat"] == {"count": 1, "days": 30, "limit": 1}
    assert card["severity"] == "serious"
    await browser.post("chief", f"/violations/{once}/take")
    result = {"result": "false_alarm", "reason": "sensor_fault"}
    await browser.post("chief", f"/violations/{once}/close", result)
    card = await browser.get("chief", f"/violations/{again}")
    assert (card["repeat"]["count"], card["severity"]) == (0, "warning")


async def test_a_storm_is_listed_and_answers_why_not(town: Town, browser: Browser) -> None:
    async with town.database.pool.connection() as conn:
        await conn.execute(
            "INSERT INTO storms (organisation_id, cause, started_at, until, devices, found_at)"
            " SELECT %s, 'gnss', started_at, last_at, 5, raised_at FROM violations WHERE id = %s",
            (town.organisations["a"], town.violations["a"]),
        )
        await conn.execute(
            "UPDATE violations SET storm_id = (SELECT max(id) FROM storms) WHERE id = %s",
            (town.violations["a"],),
        )
    (storm,) = await browser.get("company_a", "/storms")
    assert (storm["cause"], storm["devices"], storm["violations"]) == ("gnss", 5, 1)
    assert await browser.get("company_b", "/storms") == []
    for inhibited, expected in ((True, "a"), (False, "b")):
        found = await browser.get("chief", "/violations", inhibited=inhibited)
        assert [v["id"] for v in found] == [town.violations[expected]]
    asked = {
        "device_id": town.devices["truck_a"].id,
        "rule_id": town.rules["uncovered"].id,
        "at": "2026-09-22T12:06:00Z",
    }
    why = await browser.get("chief", "/why-not", **asked)
    assert (why["code"], why["violation_id"]) == ("inhibited", town.violations["a"])
