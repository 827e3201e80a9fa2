"""Back-tests over the API: asked, watched, within the asker's reach."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.browser import Browser
from tests.api.town import Town

PERIOD = {"from": "2026-09-22T11:00:00Z", "to": "2026-09-22T13:00:00Z"}


def rule(town: Town, **changes: Any) -> dict[str, Any]:
    """The town's rule, as GET /rules shows it, with changes."""
    stored = town.rules["uncovered"]
    return {
        "id": stored.id,
        "kind": stored.kind,
        "name_zh": stored.name_zh,
        "name_en": stored.name_en,
        "parameters": stored.parameters,
        "cannot_judge": 0,
        **changes,
    }


async def result_of(browser: Browser, body: dict[str, Any]) -> dict[str, Any]:
    """Start one and wait for it."""
    answer = await browser.send("dispatcher", "POST", "/back-tests", json=body)
    assert answer.status_code == 202, answer.text
    shown = answer.json()
    async with asyncio.timeout(60):
        while shown["state"] in {"waiting", "running"}:
            await asyncio.sleep(0.05)
            shown = await browser.get("dispatcher", f"/back-tests/{shown['id']}")
    assert shown["state"] == "done", shown
    return dict(shown)


async def test_against_what_was_raised(town: Town, browser: Browser) -> None:
    shown = await result_of(browser, {"rule": rule(town), **PERIOD})
    assert (shown["from"], shown["to"]) == ("2026-09-22T11:00:00Z", "2026-09-22T12:20:00Z")
    result = shown["result"]
    assert (result["devices"], result["positions"], result["found"]) == (2, 240, 2)
    found = {f["device"]["id"]: f for f in result["findings"]}
    # Another rule has raised the same of truck_b: this one is compared with its own.
    assert found[town.devices["truck_a"].id]["violation_id"] == town.violations["a"]
    assert found[town.devices["truck_b"].id]["verdict"] == "only_now"
    assert "37 km" in found[town.devices["truck_a"].id]["sentence_en"]
    counts = {name: result["diff"][name] for name in ("raised", "same", "only_now", "only_before")}
    assert counts == {"raised": 1, "same": 1, "only_now": 1, "only_before": 0}


async def test_other_numbers_and_fewer_units(town: Town, browser: Browser) -> None:
    body = {
        "rule": rule(town, parameters={"min_duration_s": 600}),
        "device_ids": [town.devices["truck_a"].id],
        **PERIOD,
    }
    result = (await result_of(browser, body))["result"]
    assert (result["devices"], result["found"]) == (1, 0)
    (missing,) = result["diff"]["missing"]
    assert missing["violation_id"] == town.violations["a"]
    assert missing["started_at"] == "2026-09-22T12:05:00Z"


async def test_it_is_not_saved_and_others_do_not_see_it(town: Town, browser: Browser) -> None:
    before = await browser.get("dispatcher", "/rules")
    shown = await result_of(browser, {"rule": rule(town, id=0), **PERIOD})
    assert shown["result"]["diff"]["same"] == 2, "without an id: against every rule of the kind"
    assert await browser.get("dispatcher", "/rules") == before
    answer = await browser.send("chief", "GET", f"/back-tests/{shown['id']}")
    assert answer.status_code == 404
    answer = await browser.send("officer_wang", "POST", "/back-tests", json={})
    assert answer.json()["error"]["code"] == "forbidden"


async def test_it_can_be_cancelled(town: Town, browser: Browser) -> None:
    made = await browser.send(
        "dispatcher", "POST", "/back-tests", json={"rule": rule(town), **PERIOD}
    )
    path = f"/back-tests/{made.json()['id']}"
    assert (await browser.send("dispatcher", "DELETE", path)).status_code == 204
    assert (await browser.get("dispatcher", path))["state"] == "cancelled"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"from": PERIOD["to"]}, "from"),
        ({"from": "2026-01-01T00:00:00Z"}, "from"),
        ({"to": "yesterday"}, "body.to"),
        ({"rule": {"kind": "boredom", "name_zh": "x", "name_en": "x"}}, "kind"),
        (
            {"rule": {"kind": "uncovered_load", "name_zh": "x", "name_en": "x",
                      "scope": {"kinds": ["tank"]}}},
            "scope.kinds",
        ),
    ],
)  # fmt: skip
async def test_bad_orders_are_explained(
    town: Town, browser: Browser, change: dict[str, Any], field: str
) -> None:
    body = {"rule": rule(town), **PERIOD, **change}
    answer = await browser.send("dispatcher", "POST", "/back-tests", json=body)
    assert answer.status_code == 422
    assert [f["field"] for f in answer.json()["error"]["detail"]["fields"]] == [field]
