"""Nobody sees or touches what is not theirs: every route of the application, by every outsider."""

from __future__ import annotations

import re
from typing import Any

import pytest

from api.access import PERMISSIONS
from api.app import PREFIX, create_app
from storage.scope import CACHE_SECONDS, ScopeCache, visible_organisations
from tests.api.browser import Browser
from tests.api.photos import photo_of
from tests.api.requests import BODIES, OPEN, PATTERN, PERMIT, QUERIES, SPAN, WAYBILL
from tests.api.town import Town

_PATHS: set[tuple[str, str]] = set()  # a description takes a second: it is made once


def paths_of(town: Town) -> set[tuple[str, str]]:
    """(method, path below the prefix) of everything in the OpenAPI description."""
    if not _PATHS:
        description = create_app(town.services).openapi()
        _PATHS.update(
            (method.upper(), path.removeprefix(PREFIX))
            for path, methods in description["paths"].items()
            for method in methods
        )
    return _PATHS


async def _things_of_a(town: Town, browser: Browser) -> dict[str, Any]:
    """An id of company A for every parameter in a path."""
    violation = town.violations["a"]
    command = await browser.post("chief", f"/violations/{violation}/warn")
    body = {"url": "http://127.0.0.1:9/", "organisation_id": town.organisations["a"]}
    town.services.settings.http.webhook_allow_private = True
    webhook = await browser.post("chief", "/webhooks", body)
    trial = BODIES["POST", "/back-tests"]
    test = (await browser.send("chief", "POST", "/back-tests", json=trial)).json()
    named = {"device_id": town.devices["truck_a"].id, "site_fence_id": town.fences["site"].id}
    dump = town.fences["site"].id
    permit = await browser.post("chief", "/permits", {**PERMIT, **named, "dump_fence_ids": [dump]})
    waybill = await browser.post("chief", "/waybills", {**WAYBILL, **named, "dump_fence_id": dump})
    place = {"longitude": 118.8, "latitude": 32.05}
    body = {"name": "truck_a 门口", "place": place, "organisation_id": town.organisations["a"]}
    camera = await browser.post("chief", "/cameras", body)
    seen = {"plate": town.devices["truck_a"].plate, "seen_at": "2026-09-22T12:00:00Z"}
    sighting = await browser.client.post(
        f"{PREFIX}/sightings", json=seen, headers={"Authorization": f"Bearer {camera['token']}"}
    )
    media = await photo_of(town, "truck_a")
    body = BODIES["POST", "/exports"]
    export = (await browser.send("chief", "POST", "/exports", json=body)).json()
    params = {"format": "csv", "name": "甲渣土公司.csv"}
    sent = await browser.send("chief", "POST", "/imports", params=params, content=b"time")
    return {
        "import_id": sent.json()["id"],
        **await _rosters_of_a(town, browser),
        "media_id": media,
        "export_id": export["id"],
        "permit_id": permit["id"],
        "waybill_id": waybill["id"],
        "camera_id": camera["id"],
        "sighting_id": sighting.json()["id"],
        "sha256": "0" * 64,
        "test_id": test["id"],
        "device_id": town.devices["truck_a"].id,
        "violation_id": violation,
        "incident_id": violation,
        "command_id": command["id"],
        "fence_id": town.fences["site"].id,
        "rule_id": town.rules["uncovered"].id,
        "webhook_id": webhook["id"],
        "organisation_id": town.organisations["a"],
    }


async def _rosters_of_a(town: Town, browser: Browser) -> dict[str, Any]:
    """Shifts, tasks and notes of company A, with two inspectors of its own."""
    owner = {"organisation_id": town.organisations["a"]}
    people = [
        {"identity": f"a{number}", "protocol": "handset", "kind": "inspector", **owner,
         "name": f"甲渣土公司 {number}"}
        for number in (1, 2)
    ]  # fmt: skip
    one, other = [(await browser.post("chief", "/devices", body))["id"] for body in people]
    pattern = (await browser.post("chief", "/shift-patterns", {**PATTERN, **owner}))["id"]
    body = {"device_ids": [one], "pattern_id": pattern, "from_date": "2026-09-23"}
    (roster,) = (await browser.post("chief", "/rosters", body))["ids"]
    swap = {"device_id": one, "substitute_id": other, "starts_at": "2026-09-23T00:00:00Z"}
    note = {"text": "甲渣土公司", **owner}
    tasks = await browser.post("chief", "/patrol/tasks", {"device_ids": [one], "text": "去准1"})
    return {
        "pattern_id": pattern,
        "roster_id": roster,
        "swap_id": (await browser.post("chief", "/shift-swaps", swap))["ids"][0],
        "leave_id": (await browser.post("chief", "/leaves", {"device_id": other, **SPAN}))["id"],
        "shift_id": (await browser.post("chief", "/shifts", {"device_id": one, **SPAN}))["id"],
        "task_id": tasks[0]["id"],
        "mark": "done",
        "note_id": (await browser.post("chief", "/patrol/handover", note))["id"],
    }


# Whatever names company A or anything of it.
MARKS = (
    "truck_a",
    "苏A00000",
    "13800000000",
    "甲渣土公司",
    "company_a",
    "site 围栏",
    "cell 围栏",
    "甲班",
    "准1",
    "联1",
)


@pytest.mark.parametrize("role", ["company", "dispatcher", "chief", "officer"])
async def test_company_b_sees_and_changes_nothing_of_company_a(
    town: Town, browser: Browser, role: str
) -> None:
    """Whatever role a user of company B has."""
    async with town.database.pool.connection() as conn:
        await conn.execute("UPDATE users SET role = %s WHERE username = 'company_b'", (role,))
    things = await _things_of_a(town, browser)
    before = await _everything(town)
    for method, path in sorted(paths_of(town) - OPEN):
        assert method == "GET" or (method, path) in BODIES, f"{method} {path} is not tested"
        if method != "GET" and "{" not in path:
            continue  # makes something of one's own: below
        real = path.format(**things)
        query = QUERIES.get(path, {})
        theirs = {name: things[name] for name in query if name in things}
        given = {"params": {**query, **theirs}, "json": BODIES.get((method, path))}
        answer = await browser.send("company_b", method, real, **given)
        expected = {403, 404} if "{" in path or theirs else {200, 403}
        assert answer.status_code in expected, f"{method} {real}: {answer.text}"
        shown = [mark for mark in MARKS if mark in answer.text]
        assert not shown, f"{method} {real} shows {shown}"
    assert await _everything(town) == before
    await browser.send("chief", "DELETE", f"/back-tests/{things['test_id']}")
    await browser.send("chief", "DELETE", f"/exports/{things['export_id']}")
    await browser.send("chief", "DELETE", f"/imports/{things['import_id']}")


async def _everything(town: Town) -> list[Any]:
    """All rows that a request might have changed."""
    tables = ("devices", "fences", "rules", "violations", "violation_log", "commands", "webhooks",
              "permits", "waybills", "cameras", "sightings", "shift_patterns", "rosters", "shifts",
              "leaves", "shift_swaps", "patrol_tasks", "handover_notes",
              "retention_rules")  # fmt: skip
    async with town.database.pool.connection() as conn:
        return [
            await (await conn.execute(f"SELECT * FROM {table} ORDER BY 1, 2".encode())).fetchall()
            for table in tables
        ]


async def test_company_b_cannot_make_things_for_company_a(town: Town, browser: Browser) -> None:
    async with town.database.pool.connection() as conn:
        await conn.execute("UPDATE users SET role = 'chief' WHERE username = 'company_b'")
    other = {"organisation_id": town.organisations["a"]}
    for path in ("/devices", "/rules", "/webhooks", "/cameras"):
        body = {**BODIES["POST", path], **other}
        answer = await browser.send("company_b", "POST", path, json=body)
        assert answer.status_code == 404, f"{path}: {answer.text}"
    fence = {"type": "Feature", "geometry": {}, "properties": {"name": "x", **other}}
    assert (await browser.send("company_b", "POST", "/fences", json=fence)).status_code == 404
    theirs = {"device_id": town.devices["truck_a"].id, "fence_id": town.fences["yard_b"].id}
    for path in ("/assignments", "/shifts"):
        body = {**BODIES["POST", path], **theirs}
        answer = await browser.send("company_b", "POST", path, json=body)
        assert answer.status_code == 404, f"{path}: {answer.text}"
    for path in ("/permits", "/waybills"):
        body = {**BODIES["POST", path], **theirs, "site_fence_id": town.fences["yard_b"].id}
        answer = await browser.send("company_b", "POST", path, json=body)
        assert answer.status_code == 404, f"{path}: {answer.text}"
    own = {"device_id": town.devices["truck_b"].id, "fence_id": town.fences["site"].id}
    body = {**BODIES["POST", "/assignments"], **own}
    assert (await browser.send("company_b", "POST", "/assignments", json=body)).status_code == 404
    mine = f"/devices/{town.devices['truck_b'].id}"
    moved = await browser.send("company_b", "PATCH", mine, json=other)
    assert moved.status_code == 404


async def test_a_company_does_see_its_own(town: Town, browser: Browser) -> None:
    devices = await browser.get("company_b", "/devices")
    assert [device["name"] for device in devices] == ["truck_b 号"]
    assert [v["id"] for v in await browser.get("company_b", "/violations")] == [
        town.violations["b"]
    ]
    assert len(await browser.get("company_b", "/positions/latest")) == 1
    status = await browser.get("company_b", "/status")
    assert (status["units"], status["open_violations"]) == (1, 1)


async def test_the_responsible_district_sees_the_violation_but_not_the_truck(
    town: Town, browser: Browser
) -> None:
    card = await browser.get("officer_wang", f"/violations/{town.violations['a']}")
    assert card["device"]["name"] == "truck_a 号"
    assert [d["name"] for d in await browser.get("officer_wang", "/devices")] == ["inspector 号"]
    path = f"/devices/{town.devices['truck_a'].id}/track"
    answer = await browser.send(
        "officer_wang", "GET", path, params=QUERIES["/devices/{device_id}/track"]
    )
    assert answer.status_code == 404


async def test_every_route_refuses_strangers(town: Town, browser: Browser) -> None:
    for method, path in sorted(paths_of(town) - OPEN):
        real = PREFIX + path.replace("{", "").replace("}", "")
        answer = await browser.client.request(method, real)
        assert answer.status_code in {401, 422}, f"{method} {path}"
        numbered = PREFIX + re.sub(r"\{\w+\}", "1", path)
        answer = await browser.client.request(
            method, numbered, params=QUERIES.get(path), json=BODIES.get((method, path))
        )
        assert answer.status_code == 401, f"{method} {path}: {answer.text}"


# What each role may do, written out once more: a change of the table must be meant.
ALLOWED = {
    "POST /devices": {"chief", "dispatcher"},
    "POST /rules": {"chief", "dispatcher"},
    "POST /violations/{violation_id}/take": {"chief", "dispatcher", "officer"},
    "POST /violations/{violation_id}/warn": {"chief", "dispatcher", "officer", "company"},
    "POST /devices/{device_id}/commands": {"chief", "dispatcher"},
    "GET /quarantine": {"chief", "dispatcher"},
    "GET /unregistered": {"chief", "dispatcher"},
    "GET /webhooks": {"chief"},
    "GET /imports": {"chief", "dispatcher"},
    "GET /test/clock": {"chief"},
    "GET /devices": {"chief", "dispatcher", "officer", "company"},
}


@pytest.mark.parametrize("route", ALLOWED)
async def test_roles(town: Town, browser: Browser, route: str) -> None:
    method, path = route.split(" ")
    things = {"device_id": town.devices["truck_a"].id, "violation_id": town.violations["a"]}
    for role in ("chief", "dispatcher", "officer", "company"):
        async with town.database.pool.connection() as conn:
            await conn.execute("UPDATE users SET role = %s WHERE username = 'company_a'", (role,))
        body = BODIES.get((method, path))
        answer = await browser.send("company_a", method, path.format(**things), json=body)
        assert (answer.status_code != 403) == (role in ALLOWED[route]), f"{role}: {answer.text}"


def test_permissions_name_only_roles() -> None:
    people = {"chief", "dispatcher", "officer", "company"}
    others = [roles for name, roles in PERMISSIONS.items() if name != "self"]
    assert set().union(*others) == people
    assert PERMISSIONS["self"] == people | {"inspector"}


async def test_scope_is_the_organisation_and_all_below(town: Town) -> None:
    organisations = town.organisations
    async with town.database.pool.connection() as conn:
        everyone = await visible_organisations(conn, organisations["bureau"])
        assert everyone == sorted(organisations.values())
        assert await visible_organisations(conn, organisations["a"]) == [organisations["a"]]
        assert await visible_organisations(conn, 987_654) == []


async def test_a_circle_of_organisations_ends(town: Town) -> None:
    async with town.database.pool.connection() as conn:
        await conn.execute(
            "UPDATE organisations SET parent_id = %s WHERE parent_id IS NULL",
            (town.organisations["a"],),
        )
        everyone = await visible_organisations(conn, town.organisations["a"])
    assert everyone == sorted(town.organisations.values())


async def test_scope_is_remembered_for_seconds_only(town: Town) -> None:
    now_s = 0.0
    cache = ScopeCache(lambda: now_s)
    bureau = town.organisations["bureau"]
    async with town.database.pool.connection() as conn:
        assert len(await cache.of(conn, bureau)) == 4
        await conn.execute(
            "INSERT INTO organisations (parent_id, name) VALUES (%s, 'c')", (bureau,)
        )
        assert len(await cache.of(conn, bureau)) == 4
        now_s = CACHE_SECONDS
        assert len(await cache.of(conn, bureau)) == 5
