"""The list, the card, and open -> taken -> closed by people who do not wait for each other."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any

import pytest

from model.canonical import canonical_json
from storage.database import Database
from tests.api.browser import Browser, browser_of
from tests.api.town import Town, build_town, raise_violation


async def test_list_is_newest_first_and_pages_by_id(town: Town, browser: Browser) -> None:
    more = [await raise_violation(town, "truck_a") for _ in range(3)]
    first = await browser.get("chief", "/violations", limit=2)
    assert [v["id"] for v in first] == [more[2], more[1]]
    second = await browser.get("chief", "/violations", limit=9, before_id=first[-1]["id"])
    assert [v["id"] for v in second] == [more[0], town.violations["b"], town.violations["a"]]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"status": "open"}, {"a", "b"}),
        ({"status": "closed"}, set()),
        ({"kind": "uncovered_load"}, {"a", "b"}),
        ({"kind": "route_deviation"}, set()),
        ({"from": "2026-09-22T12:12:00Z"}, {"a", "b"}),
        ({"from": "2026-09-22T12:12:01Z"}, set()),
        ({"to": "2026-09-22T20:05:00+08:00"}, {"a", "b"}),
        ({"to": "2026-09-22T12:04:59Z"}, set()),
    ],
)
async def test_filters(
    town: Town, browser: Browser, filters: dict[str, str], expected: set[str]
) -> None:
    found = await browser.get("chief", "/violations", **filters)
    assert {v["id"] for v in found} == {town.violations[name] for name in expected}


async def test_violation_has_words_in_both_languages(town: Town, browser: Browser) -> None:
    found = await browser.get("officer_wang", "/violations")
    assert [v["id"] for v in found] == [town.violations["a"]]
    violation = found[0]
    assert "篷" in violation["sentence_zh"]
    assert "36.6" in violation["sentence_en"] or "37" in violation["sentence_en"]
    assert violation["duration_s"] == 420
    assert violation["fence"]["name"] == "site 围栏"
    assert violation["started_at"] == "2026-09-22T12:05:00Z"


async def test_card_shows_track_episode_frames_and_rule(database: Database) -> None:
    town = await build_town(database)
    browser = browser_of(town)
    async with browser.client:
        card = await browser.get("officer_wang", f"/violations/{town.violations['a']}")
    times = card["track"]["properties"]["times"]
    assert times[0] == "2026-09-22T12:00:00Z"
    assert times[-1] == "2026-09-22T12:17:00Z"
    assert times[card["episode"]["from_index"]] == "2026-09-22T12:05:00Z"
    assert times[card["episode"]["to_index"]] == "2026-09-22T12:12:00Z"
    assert len(card["track"]["geometry"]["coordinates"]) == len(times)
    assert [frame["time"] for frame in card["frames"]] == [
        "2026-09-22T12:05:00Z",
        "2026-09-22T12:06:00Z",
        "2026-09-22T12:12:00Z",
    ]
    frame = card["frames"][0]
    assert frame["message"]
    covered = {
        place for offset, length, *_ in frame["pieces"] for place in range(offset, offset + length)
    }
    assert covered == set(range(len(frame["hex"]) // 2))
    values = {p["name"]: p["value"] for p in card["rule_text"]["parameters"]}
    assert values["min_duration_s"] == 90
    assert card["fence"]["geometry"]["type"] == "Polygon"
    assert card["against"] == []
    assert [line["action"] for line in card["log"]] == ["raised"]
    assert card["evidence_sha256"] is None


async def test_two_officers_cannot_both_take_it(town: Town, browser: Browser) -> None:
    path = f"/violations/{town.violations['a']}/take"
    for username in ("officer_wang", "officer_li"):
        await browser.token(username)
    answers = await asyncio.gather(
        *(browser.send(name, "POST", path) for name in ("officer_wang", "officer_li") * 4)
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [409] * 7
    winner = next(a.json()["taken_by"] for a in answers if a.status_code == 200)
    for answer in answers:
        if answer.status_code == 409:
            error = answer.json()["error"]
            assert error["code"] == "violation_taken"
            assert error["detail"]["taken_by"] == winner
            assert winner["display_name"] in error["message_zh"]
            assert winner["display_name"] in error["message_en"]
    async with town.database.pool.connection() as conn:
        cursor = await conn.execute("SELECT count(*) FROM violation_log WHERE action = 'taken'")
        assert await cursor.fetchone() == (1,)
        cursor = await conn.execute("SELECT event FROM outbox WHERE event = 'taken'")
        assert len(await cursor.fetchall()) == 1


async def _close(browser: Browser, username: str, violation_id: int, body: Any) -> Any:
    return await browser.send(username, "POST", f"/violations/{violation_id}/close", json=body)


async def test_closing_needs_taking_and_the_same_hands(town: Town, browser: Browser) -> None:
    violation = town.violations["a"]
    early = await _close(browser, "officer_wang", violation, {"result": "fined"})
    assert (early.status_code, early.json()["error"]["code"]) == (409, "violation_not_taken")
    await browser.post("officer_wang", f"/violations/{violation}/take")
    other = await _close(browser, "officer_li", violation, {"result": "fined"})
    assert other.status_code == 409
    assert other.json()["error"]["detail"]["taken_by"]["id"] == town.users["officer_wang"]
    mine = await _close(browser, "officer_wang", violation, {"result": "fined", "note": "罚款"})
    assert mine.status_code == 200
    assert mine.json()["status"] == "closed"
    again = await _close(browser, "officer_wang", violation, {"result": "warned"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "violation_closed")


async def test_a_chief_closes_what_another_took(town: Town, browser: Browser) -> None:
    violation = town.violations["a"]
    await browser.post("officer_wang", f"/violations/{violation}/take")
    answer = await _close(browser, "chief", violation, {"result": "rectified"})
    assert answer.status_code == 200
    assert answer.json()["closed_by"]["id"] == town.users["chief"]


@pytest.mark.parametrize(
    "body",
    [
        {"result": "false_alarm"},
        {"result": "false_alarm", "reason": "bored"},
        {"result": "fined", "reason": "sensor_fault"},
        {"result": "acquitted"},
        {"result": "fined", "note": "x" * 2_001},
        {},
    ],
)
async def test_closing_with_nonsense_is_refused(
    town: Town, browser: Browser, body: dict[str, str]
) -> None:
    violation = town.violations["a"]
    await browser.post("officer_wang", f"/violations/{violation}/take")
    answer = await _close(browser, "officer_wang", violation, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert (await browser.get("chief", f"/violations/{violation}"))["status"] == "taken"


async def test_closed_evidence_outlives_its_sources(town: Town, browser: Browser) -> None:
    violation = town.violations["a"]
    await browser.post("officer_wang", f"/violations/{violation}/take")
    before = await browser.get("officer_wang", f"/violations/{violation}")
    body = {"result": "false_alarm", "reason": "sensor_fault"}
    assert (await _close(browser, "officer_wang", violation, body)).status_code == 200
    async with town.database.pool.connection() as conn:
        await conn.execute("DELETE FROM positions")
        await conn.execute("DELETE FROM raw_frames")
        await conn.execute("UPDATE rules SET parameters = '{}', name_zh = 'renamed'")
        cursor = await conn.execute("SELECT content, sha256 FROM evidence_packs")
        row = await cursor.fetchone()
    assert row is not None
    content, sha256 = json.loads(row[0]), row[1]
    assert canonical_json(content) == row[0]
    after = await browser.get("officer_wang", f"/violations/{violation}")
    for part in ("track", "frames", "rule_text", "episode", "fence", "against"):
        assert after[part] == before[part]
    assert after["evidence_sha256"] == sha256
    assert hashlib.sha256(row[0]).hexdigest() == sha256
    assert content["rule"]["parameters"] == {"min_duration_s": 90}
    assert content["violation"]["sentence_zh"] == before["sentence_zh"]
    assert [line["action"] for line in after["log"]] == ["raised", "taken", "closed"]
    assert after["log"][-1]["detail"]["reason"] == "sensor_fault"


async def test_withdrawn_violations_cannot_be_taken(town: Town, browser: Browser) -> None:
    async with town.database.pool.connection() as conn:
        await conn.execute("UPDATE violations SET finding = 'withdrawn'")
    answer = await browser.send("chief", "POST", f"/violations/{town.violations['a']}/take")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "violation_withdrawn")


async def test_warning_queues_a_text_and_its_answer_comes_to_the_card(
    town: Town, browser: Browser
) -> None:
    violation = town.violations["a"]
    command = await browser.post("company_a", f"/violations/{violation}/warn")
    assert command["state"] == "queued"
    assert command["body"]["text"].endswith("您的车辆装载未密闭行驶，请立即停车密闭。")
    assert command["created_by"]["id"] == town.users["company_a"]
    async with town.database.pool.connection() as conn:
        await conn.execute(
            "UPDATE commands SET state = 'answered', result = 'done', answered_at = now()"
        )
    card = await browser.get("officer_wang", f"/violations/{violation}")
    assert [(c["id"], c["state"], c["result"]) for c in card["commands"]] == [
        (command["id"], "answered", "done")
    ]
    assert card["log"][-1]["action"] == "warned"
    assert card["log"][-1]["detail"]["command_id"] == command["id"]
    shown = await browser.get("officer_li", f"/commands/{command['id']}")
    assert shown["result"] == "done"


@pytest.mark.parametrize(
    ("text", "code"), [("请停车😀", "text_not_gbk"), ("长" * 501, "invalid_request")]
)
async def test_texts_that_no_terminal_can_show(
    town: Town, browser: Browser, text: str, code: str
) -> None:
    path = f"/violations/{town.violations['a']}/warn"
    answer = await browser.send("chief", "POST", path, json={"text": text})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
