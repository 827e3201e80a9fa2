"""Fences and rules through the API: versions, validity, words for what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from rules.outcome import OUTCOME_PARAMETERS
from rules.registry import kinds_by_name
from storage.rulebook import load_rulebook
from tests.api.browser import Browser
from tests.api.town import Town, square
from tests.api.traffic import MINUTE_US, NOW_US


def fence(name: str = "新工地", **properties: Any) -> dict[str, Any]:
    """A Feature to post."""
    return {
        "type": "Feature",
        "geometry": square(118.7, 32.0, 0.01),
        "properties": {"name": name, "tags": ["site"], **properties},
    }


async def test_a_fence_changes_by_versions(town: Town, browser: Browser) -> None:
    made = await browser.post("dispatcher", "/fences", fence())
    assert made["properties"]["version"] == 1
    assert made["properties"]["valid_from"] == "2026-09-22T12:20:00Z"
    town.clock.advance_to(NOW_US + MINUTE_US)
    bigger = fence("大工地", responsible_organisation_id=town.organisations["district"])
    bigger["geometry"] = square(118.7, 32.0, 0.02)
    answer = await browser.send("dispatcher", "PUT", f"/fences/{made['id']}", json=bigger)
    assert (answer.status_code, answer.json()["properties"]["version"]) == (200, 2)
    shown = await browser.get("dispatcher", "/fences")
    (feature,) = [f for f in shown["features"] if f["id"] == made["id"]]
    assert feature["properties"]["name"] == "大工地"
    assert feature["geometry"] == bigger["geometry"]
    async with town.database.pool.connection() as conn:
        rulebook = await load_rulebook(conn)
    versions = [f for f in rulebook.fences if f.id == made["id"]]
    assert versions[0].valid_to_us == versions[1].valid_from_us == NOW_US + MINUTE_US


async def test_a_fence_ends_and_so_do_its_assignments(town: Town, browser: Browser) -> None:
    made = await browser.post("chief", "/fences", fence())
    unit = town.devices["truck_a"].id
    body = {"device_id": unit, "fence_id": made["id"], "purpose": "corridor"}
    await browser.post("chief", "/assignments", body)
    town.clock.advance_to(NOW_US + MINUTE_US)
    for role, status in (("officer_wang", 403), ("company_b", 403), ("chief", 204), ("chief", 404)):
        answer = await browser.send(role, "DELETE", f"/fences/{made['id']}")
        assert answer.status_code == status, (role, answer.text)
    shown = await browser.get("chief", "/fences")
    assert made["id"] not in [feature["id"] for feature in shown["features"]]
    async with town.database.pool.connection() as conn:
        rulebook = await load_rulebook(conn)
    ends = [f.valid_to_us for f in rulebook.fences if f.id == made["id"]]
    ends += [a.valid_to_us for a in rulebook.assignments if a.fence_id == made["id"]]
    assert ends == [NOW_US + MINUTE_US] * 2


async def test_a_fence_that_a_rule_names_stays_until_the_rule_ends(browser: Browser) -> None:
    made = await browser.post("chief", "/fences", fence())
    body = {"kind": "speeding", "name_zh": "超速", "name_en": "x", "fence_ids": [made["id"]]}
    rule = await browser.post("chief", "/rules", body)
    answer = await browser.send("chief", "DELETE", f"/fences/{made['id']}")
    assert answer.status_code == 409
    assert answer.json()["error"]["detail"] == {"rules": [rule["id"]], "permits": []}
    for path in (f"/rules/{rule['id']}", f"/fences/{made['id']}"):
        assert (await browser.send("chief", "DELETE", path)).status_code == 204
    assert rule["id"] not in [shown["id"] for shown in await browser.get("chief", "/rules")]


async def test_what_was_shown_can_be_put_back(town: Town, browser: Browser) -> None:
    shown = await browser.get("chief", "/fences")
    for feature in shown["features"]:
        answer = await browser.send("chief", "PUT", f"/fences/{feature['id']}", json=feature)
        assert answer.status_code == 200, answer.text
        kept = answer.json()["properties"]
        assert kept["name"] == feature["properties"]["name"]
        assert kept["organisation_id"] == feature["properties"]["organisation_id"]


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        ({"type": "Point", "coordinates": [118.7, 32.0]}, "radius"),
        ({"type": "Polygon", "coordinates": [[[118, 32], [119, 32], [118, 33]]]}, "closed"),
        (
            {"type": "Polygon", "coordinates": [[[32, 118], [32, 119], [33, 118], [32, 118]]]},
            "swapped",
        ),
        ({"type": "Sphere", "coordinates": []}, "geometry must be one of"),
        (None, "no geometry"),
    ],
)
async def test_bad_geometry_is_explained(browser: Browser, geometry: Any, words: str) -> None:
    body = {"type": "Feature", "geometry": geometry, "properties": {"name": "x"}}
    answer = await browser.send("chief", "POST", "/fences", json=body)
    assert answer.status_code == 422
    (field,) = answer.json()["error"]["detail"]["fields"]
    assert words in field["message"]


async def test_an_officer_may_not_draw_fences(browser: Browser) -> None:
    answer = await browser.send("officer_wang", "POST", "/fences", json=fence())
    assert answer.json()["error"]["code"] == "forbidden"


async def test_rule_kinds_are_the_registry(browser: Browser) -> None:
    shown = {kind["name"]: kind for kind in await browser.get("company_a", "/rule-kinds")}
    assert set(shown) == set(kinds_by_name())
    for name, kind in kinds_by_name().items():
        parameters = {p["name"]: p for p in shown[name]["parameters"]}
        own = {p.name for p in kind.parameters}
        assert own <= set(parameters)
        if kind.absence:  # silence does not pass through the episode machine
            assert set(parameters) == own | {p.name for p in OUTCOME_PARAMETERS}
            continue
        for parameter, default in kind.episode_defaults.items():
            assert parameters[parameter]["default"] == default


async def test_a_rule_changes_by_versions(town: Town, browser: Browser) -> None:
    shown = await browser.get("dispatcher", "/rules")
    (rule,) = [r for r in shown if r["id"] == town.rules["uncovered"].id]
    town.clock.advance_to(NOW_US + MINUTE_US)
    rule["parameters"]["min_duration_s"] = 120
    answer = await browser.send("dispatcher", "PUT", f"/rules/{rule['id']}", json=rule)
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert (changed["version"], changed["parameters"]) == (2, {"min_duration_s": 120})
    async with town.database.pool.connection() as conn:
        rulebook = await load_rulebook(conn)
    old, new = [r for r in rulebook.rules if r.id == rule["id"]]
    assert old.parameters == {"min_duration_s": 90}
    assert old.valid_to_us == new.valid_from_us


async def test_a_new_rule_with_windows(town: Town, browser: Browser) -> None:
    windows = [{"weekdays": [1, 2, 3], "start_min": 1200, "end_min": 360, "days": "weekdays"}]
    body = {
        "kind": "operating_hours",
        "name_zh": "夜间作业",
        "name_en": "Night work",
        "schedule": {"zone": "Asia/Shanghai", "windows": windows},
        "scope": {"kinds": ["muck_truck"]},
        "fence_tags": ["no_go"],
    }
    made = await browser.post("chief", "/rules", body)
    assert made["schedule"]["windows"] == windows
    async with town.database.pool.connection() as conn:
        rulebook = await load_rulebook(conn)
    (rule,) = [r for r in rulebook.rules if r.id == made["id"]]
    assert rule.schedule is not None
    assert rule.schedule.windows[0].end_min == 360
    assert rule.scope.kinds == ("muck_truck",)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "boredom"}, "kind"),
        ({"parameters": {"min_duration": 5}}, "parameters.min_duration"),
        ({"parameters": {"min_duration_s": -1}}, "parameters.min_duration_s"),
        ({"schedule": {"zone": "Mars/Olympus"}}, "schedule.zone"),
        ({"schedule": {"zone": "../../etc/passwd"}}, "schedule.zone"),
        ({"name_zh": " "}, "body.name_zh"),
        (
            {"schedule": {"windows": [{"weekdays": [0], "start_min": 0, "end_min": 1}]}},
            "body.schedule.windows.0.weekdays.0",
        ),
    ],
)
async def test_bad_rules_are_explained(
    browser: Browser, change: dict[str, Any], field: str
) -> None:
    body = {"kind": "uncovered_load", "name_zh": "x", "name_en": "x", **change}
    answer = await browser.send("chief", "POST", "/rules", json=body)
    assert answer.status_code == 422
    assert [f["field"] for f in answer.json()["error"]["detail"]["fields"]] == [field]


async def test_the_kind_of_a_rule_cannot_change(town: Town, browser: Browser) -> None:
    body = {"kind": "operating_hours", "name_zh": "x", "name_en": "x"}
    path = f"/rules/{town.rules['uncovered'].id}"
    assert (await browser.send("chief", "PUT", path, json=body)).status_code == 422
