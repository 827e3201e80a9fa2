"""Rules on trial as people see them: apart from the queue, compared, not to be acted on."""

from __future__ import annotations

import msgspec

from storage.rulebook import save_rule
from tests.api.browser import Browser
from tests.api.town import Town, raise_violation
from tests.api.traffic import ENDED_US, MINUTE_US


async def _trial(town: Town) -> int:
    """A rule on trial beside the live one; it found one more and missed none."""
    rule = msgspec.structs.replace(town.rules["uncovered"], id=0, mode="shadow")
    async with town.database.pool.connection() as conn:
        town.rules["trial"] = await save_rule(conn, rule)
    later = ENDED_US + 5 * MINUTE_US
    found = await raise_violation(town, "truck_a", "trial")
    await raise_violation(town, "truck_a", "trial", started_us=later, ended_us=later, last_us=later)
    return found


async def test_it_is_in_no_queue_and_nobody_can_act_on_it(town: Town, browser: Browser) -> None:
    found = await _trial(town)
    assert found not in [v["id"] for v in await browser.get("chief", "/violations")]
    shown = await browser.get("chief", "/violations", shadow=True)
    assert found in [v["id"] for v in shown]
    assert all(v["shadow"] for v in shown)
    assert (await browser.get("chief", "/status"))["open_violations"] == 2
    for act, body in (("take", {}), ("close", {"result": "fined"}), ("warn", {})):
        answer = await browser.send("chief", "POST", f"/violations/{found}/{act}", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "violation_shadow")


async def test_it_is_compared_with_the_live_rules_of_its_kind(town: Town, browser: Browser) -> None:
    await _trial(town)
    path = f"/rules/{town.rules['trial'].id}/shadow"
    found = await browser.get("chief", path)
    counts = {name: found[name] for name in ("shadow", "live", "both", "only_shadow", "only_live")}
    # The live side: truck A's, which both found, and truck B's by company B's own rule.
    assert counts == {"shadow": 2, "live": 2, "both": 1, "only_shadow": 1, "only_live": 1}
    assert found["only_live_ids"] == [town.violations["b"]]
    only_a = await browser.get("chief", path, against=town.rules["uncovered"].id)
    assert (only_a["live"], only_a["only_live"]) == (1, 0)
    long = {"from": "2026-01-01T00:00:00Z", "to": "2026-09-01T00:00:00Z"}
    assert (await browser.send("chief", "GET", path, params=long)).status_code == 422


async def test_tags_pick_units(town: Town, browser: Browser) -> None:
    path = f"/devices/{town.devices['truck_a'].id}"
    many = {"tags": ["x"] * 21}
    assert (await browser.send("chief", "PATCH", path, json=many)).status_code == 422
    changed = await browser.send("chief", "PATCH", path, json={"tags": ["新能源", "A 队"]})
    assert changed.json()["tags"] == ["新能源", "A 队"]
    scope = {"tags": ["A 队"]}
    body = {"kind": "uncovered_load", "name_zh": "x", "name_en": "x", "scope": scope}
    rule = await browser.post("chief", "/rules", body)
    assert rule["scope"]["tags"] == ["A 队"]
    at = {"rule_id": rule["id"], "at": rule["valid_from"]}
    outside = await browser.get("chief", "/why-not", device_id=town.devices["truck_b"].id, **at)
    assert (outside["code"], "A 队" in outside["zh"]) == ("out_of_scope", True)
    inside = await browser.get("chief", "/why-not", device_id=town.devices["truck_a"].id, **at)
    assert inside["code"] != "out_of_scope"


async def test_mode_and_ladder_are_refused_by_field(town: Town, browser: Browser) -> None:
    body = {"kind": "uncovered_load", "name_zh": "x", "name_en": "x"}
    step = {"to": "mayor", "after_s": 0}
    for wrong in ({"mode": "maybe"}, {"ladder": [step]}, {"scope": {"tags": [""]}}):
        answer = await browser.send("chief", "POST", "/rules", json={**body, **wrong})
        assert next(iter(wrong)) in answer.json()["error"]["detail"]["fields"][0]["field"]
    ladder = [{"to": "team", "after_s": 60, "unless_ended": True}]
    made = await browser.post("chief", "/rules", {**body, "mode": "shadow", "ladder": ladder})
    assert (made["mode"], made["ladder"], made["failing"]) == ("shadow", ladder, None)
