"""Rules as a file: out and back without a change, changes as versions, refusals by field."""

from __future__ import annotations

import httpx
import pytest
import yaml

from storage.rulebook import load_rulebook
from tests.api.browser import Browser
from tests.api.town import Town
from tests.api.traffic import MINUTE_US, NOW_US


async def taken_out(browser: Browser, username: str = "chief") -> str:
    answer = await browser.send(username, "GET", "/rules.yaml")
    assert answer.status_code == 200
    return answer.text


async def put_back(browser: Browser, text: str, **params: bool) -> httpx.Response:
    headers = {
        "Authorization": f"Bearer {await browser.token('chief')}",
        "Content-Type": "application/yaml",
    }
    return await browser.client.put(
        "/api/v1/rules.yaml", content=text.encode(), headers=headers, params=params
    )


NIGHT = """
rules:
  - kind: operating_hours
    name_zh: 夜间禁行
    name_en: No night driving
    parameters: {moving_kmh: 8}
    scope: {kinds: [muck_truck], organisations: [甲渣土公司], devices: ["13800000000"],
            tags: [夜班]}
    mode: shadow
    ladder: [{to: company, after_s: 300, unless_ended: true}]
    schedule: {windows: [{weekdays: [1, 2], from: "20:00", to: "06:00", days: workdays}]}
    fences: [site 围栏]
"""


async def test_out_and_back_changes_nothing(town: Town, browser: Browser) -> None:
    await put_back(browser, NIGHT)
    text = await taken_out(browser)
    answer = await put_back(browser, text)
    assert answer.json() == {"added": [], "changed": [], "unchanged": 3, "dry_run": False}
    assert await taken_out(browser) == text


async def test_references_are_looked_up(town: Town, browser: Browser) -> None:
    assert (await put_back(browser, NIGHT)).json()["added"] == ["operating_hours: 夜间禁行"]
    async with town.database.pool.connection() as conn:
        (rule,) = (r for r in (await load_rulebook(conn)).rules if r.kind == "operating_hours")
    assert rule.fence_ids == (town.fences["site"].id,)
    assert rule.scope.organisation_ids == (town.organisations["a"],)
    assert rule.scope.device_ids == (town.devices["truck_a"].id,)
    assert rule.organisation_id == town.organisations["bureau"]
    assert rule.schedule is not None
    window = rule.schedule.windows[0]
    assert (window.start_min, window.end_min, window.days) == (1200, 360, "workdays")
    again = await put_back(browser, NIGHT)
    assert again.json()["unchanged"] == 1, "known by organisation, kind and name"


async def test_only_what_changed_gets_a_version(town: Town, browser: Browser) -> None:
    content = yaml.safe_load(await taken_out(browser))
    own = town.rules["uncovered"].id
    (entry,) = (e for e in content["rules"] if e["id"] == own)
    entry["parameters"]["min_duration_s"] = 120
    town.clock.advance_to(NOW_US + MINUTE_US)
    text = yaml.safe_dump(content)
    assert len((await put_back(browser, text, dry_run=True)).json()["changed"]) == 1
    assert "120" not in await taken_out(browser)
    assert len((await put_back(browser, text)).json()["changed"]) == 1
    async with town.database.pool.connection() as conn:
        rules = (await load_rulebook(conn)).rules
    assert {(r.id, r.version) for r in rules if r.id == own} == {(own, 1), (own, 2)}
    assert len([r for r in rules if r.id == town.rules["uncovered_b"].id]) == 1


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ("kind: operating_hours", "kind: boredom", "rules.0.kind", "one of"),
        ("moving_kmh: 8", "moving_kmh: 99", "rules.0.parameters.moving_kmh", "1 to 60 km/h"),
        ("moving_kmh: 8", "speed: 8", "rules.0.parameters.speed", "one of moving_kmh"),
        ("[site 围栏]", "[moon]", "rules.0.fences", "site 围栏"),
        ("甲渣土公司", "丙", "rules.0.scope.organisations", "甲渣土公司"),
        ('"13800000000"', '"1"', "rules.0.scope.devices", "13800000000"),
        ('"06:00"', '"6am"', "rules.0.schedule.windows.0.to", "pattern"),
        ("name_zh", "name", "rules.0.name_zh", "required"),
        ("- kind", "- id: 999\n    kind", "rules.0.id", "leave id out"),
        ("rules:", "rules: [", "file", "line"),
        ("mode: shadow", "mode: loud", "rules.0.mode", "'live', 'shadow'"),
        ("to: company", "to: mayor", "rules.0.ladder.0.to", "'driver'"),
        ("[1, 2]", "&a [*a]", "file", "aliases"),
    ],
)
async def test_refusals_name_the_field(
    town: Town, browser: Browser, old: str, new: str, field: str, words: str
) -> None:
    assert old in NIGHT
    answer = await put_back(browser, NIGHT.replace(old, new, 1))
    assert answer.status_code == 422
    (fault,) = answer.json()["error"]["detail"]["fields"]
    assert fault["field"] == field
    assert words in fault["message"]


async def test_a_company_may_not(browser: Browser) -> None:
    answer = await browser.send("company_a", "GET", "/rules.yaml")
    assert answer.json()["error"]["code"] == "forbidden"
