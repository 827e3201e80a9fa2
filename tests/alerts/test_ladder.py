"""The ladder: driver, company, team, each in its time, once, and not any more than needed."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from alerts.outbox import AlertOptions, Outbox
from alerts.webhook import make_client
from api.driver_texts import driver_text
from model.ladder import LadderStep
from storage.deliveries import MINUTE_US as DELIVERY_MINUTE_US
from storage.rulebook import save_rule
from storage.violations import Act, find_violation, take_violation
from storage.webhooks import create_webhook
from tests.alerts.receiver import SECRET, Receiver, receiver
from tests.api.town import Town, raise_violation
from tests.api.traffic import MINUTE_US, NOW_US, SECOND_US

SLOW = (
    LadderStep(to="driver"),
    LadderStep(to="company", after_s=60),
    LadderStep(to="team", after_s=120, unless_ended=True),
)


async def ask(town: Town, query: str, *values: Any) -> list[tuple[Any, ...]]:
    async with town.database.pool.connection() as conn:
        cursor = await conn.execute(query.encode(), values or None)
        return await cursor.fetchall() if cursor.description else []


async def ladder_rule(town: Town, ladder: tuple[LadderStep, ...] | None) -> None:
    """The rule "slow" with this ladder."""
    rule = msgspec.structs.replace(town.rules["uncovered"], id=0, ladder=ladder)
    async with town.database.pool.connection() as conn:
        town.rules["slow"] = await save_rule(conn, rule)
    await ask(town, "DELETE FROM violations")


async def subscribe(town: Town, **receivers: Receiver) -> None:
    async with town.database.pool.connection() as conn:
        for organisation, found in receivers.items():
            await create_webhook(conn, town.organisations[organisation], found.url, SECRET)


async def rounds(town: Town, options: AlertOptions | None = None) -> None:
    options = options or AlertOptions(allow_private=True)
    outbox = Outbox(town.database, town.clock, options, warning_text=driver_text)
    async with make_client() as client:
        while await outbox.deliver_due(client):
            pass


async def later(town: Town, seconds: float, options: AlertOptions | None = None) -> None:
    town.clock.advance_to(town.clock.now_us() + int(seconds * SECOND_US))
    await rounds(town, options)


async def states(town: Town, violation: int) -> list[tuple[str, str, str | None]]:
    async with town.database.pool.connection() as conn:
        row = await find_violation(conn, list(town.organisations.values()), violation)
    assert row is not None
    return [(step["to"], step["state"], step["reason"]) for step in row["ladder"]]


async def raised_slow(town: Town, **changes: Any) -> int:
    """One that is still going on, by the slow rule."""
    given = {"ended_us": None, "severity": "warning", **changes}
    return await raise_violation(town, "truck_a", "slow", **given)


def heard(found: Receiver) -> list[str]:
    return [message["event"] for message in found.received]


async def test_each_recipient_in_its_time(town: Town) -> None:
    await ladder_rule(town, SLOW)
    async with receiver() as company, receiver() as team:
        await subscribe(town, a=company, bureau=team)
        violation = await raised_slow(town)
        await rounds(town)
        commands = await ask(town, "SELECT violation_id, body->>'text', created_by FROM commands")
        assert commands == [(violation, driver_text("uncovered_load", "苏A00000"), None)]
        assert heard(company) == heard(team) == []
        await later(town, 61)
        assert (heard(company), heard(team)) == (["raised"], [])
        await later(town, 60)
        assert (heard(company), heard(team)) == (["raised"], ["raised"])
        await later(town, 600)
        assert (heard(company), heard(team)) == (["raised"], ["raised"])
    assert [state for _, state, _ in await states(town, violation)] == ["done"] * 3
    logged = await ask(town, "SELECT detail->>'to' FROM violation_log WHERE action = 'ladder'")
    assert [row[0] for row in logged] == ["driver", "company", "team"]


@pytest.mark.parametrize("how", ["ended", "taken", "withdrawn"])
async def test_it_stops_when_it_need_not_go_on(town: Town, how: str) -> None:
    await ladder_rule(town, SLOW)
    async with receiver() as company, receiver() as team:
        await subscribe(town, a=company, bureau=team)
        violation = await raised_slow(town)
        await later(town, 61)
        if how == "ended":
            await ask(town, "UPDATE violations SET ended_at = last_at")
        elif how == "withdrawn":
            await ask(town, "UPDATE violations SET finding = 'withdrawn'")
        else:
            act = Act(town.users["chief"], town.clock.now_us())
            async with town.database.pool.connection() as conn:
                everyone = list(town.organisations.values())
                assert await take_violation(conn, everyone, violation, act)
        await later(town, 120)
        assert "raised" not in heard(team)
    assert (await states(town, violation))[2] == ("team", "stopped", how)


async def test_a_rule_may_leave_steps_out(town: Town) -> None:
    await ladder_rule(town, ())
    async with receiver() as company, receiver() as team:
        await subscribe(town, a=company, bureau=team)
        await raised_slow(town, severity="serious")
        await later(town, 3_600)
        assert heard(company) == heard(team) == []
    assert await ask(town, "SELECT * FROM commands") == []


async def test_two_processes_and_a_crash_tell_once(town: Town) -> None:
    await ladder_rule(town, SLOW)
    for minute in range(10):
        at_us = NOW_US - (60 - 5 * minute) * MINUTE_US
        await raised_slow(town, started_us=at_us, last_us=NOW_US, ended_us=at_us)
    await asyncio.gather(*(rounds(town) for _ in range(3)))
    assert await ask(town, "SELECT count(*), count(DISTINCT violation_id) FROM commands") == [
        (10, 10)
    ]


async def test_an_incident_is_one_line_for_the_team(town: Town) -> None:
    await ladder_rule(town, (LadderStep(to="team"),))
    async with receiver() as team:
        await subscribe(town, bureau=team)
        first = await raised_slow(town, severity="warning")
        second = await raised_slow(town, started_us=NOW_US - MINUTE_US, last_us=NOW_US)
        worse = await raised_slow(town, started_us=NOW_US, last_us=NOW_US, severity="serious")
        await rounds(town)
        told = [message["violation"]["id"] for message in team.received]
    assert told in ([first, worse], [worse], [first, worse][::-1])
    assert (await states(town, second))[0][1:] == ("grouped", "incident")


async def test_a_server_that_was_away_brings_no_old_news(town: Town) -> None:
    await ladder_rule(town, SLOW)
    violation = await raised_slow(town)
    await later(town, 3_600)
    assert {reason for *_, reason in await states(town, violation)} == {"too_old"}
    assert await ask(town, "SELECT * FROM commands") == []


async def test_who_has_not_heard_of_it_hears_not_of_its_end(town: Town) -> None:
    await ladder_rule(town, SLOW)
    async with receiver() as company, receiver() as team:
        await subscribe(town, a=company, bureau=team)
        violation = await raised_slow(town)
        await later(town, 61)
        await ask(town, "UPDATE violations SET ended_at = last_at")
        now = town.clock.now_us()
        await ask(town, "INSERT INTO outbox (violation_id, event, due_at) VALUES"
                  " (%s, 'ended', to_timestamp(%s / 1e6))", violation, now)  # fmt: skip
        await later(town, 300)
        assert (heard(company), heard(team)) == (["raised", "ended"], [])


async def test_too_many_become_one_digest_a_minute(town: Town) -> None:
    options = AlertOptions(allow_private=True, per_minute=5)
    await ladder_rule(town, (LadderStep(to="company"),))
    async with receiver() as company:
        await subscribe(town, a=company)
        for _ in range(4):
            await raised_slow(town)
        await rounds(town, options)
        assert heard(company) == ["raised"] * 4
        known = {message["id"] for message in company.received}
        for _ in range(20):
            await raised_slow(town)
        await rounds(town, options)
        assert heard(company) == ["raised"] * 4 + ["digest"]
        digest = company.received[-1]
        assert digest["count"] == len(digest["events"]) == 20
        assert not known & {event["id"] for event in digest["events"]}
        for _ in range(3):
            await raised_slow(town)
        await rounds(town, options)
        assert len(company.received) == 5, "not before the minute is over"
        await later(town, DELIVERY_MINUTE_US / SECOND_US + 1, options)
        assert heard(company)[5:] == ["raised"] * 3


async def test_a_digest_that_fails_is_tried_again_whole(town: Town) -> None:
    options = AlertOptions(allow_private=True, per_minute=2)
    await ladder_rule(town, (LadderStep(to="company"),))
    async with receiver(500) as company:
        await subscribe(town, a=company)
        for _ in range(6):
            await raised_slow(town)
        await rounds(town, options)
        assert company.received == []
        await later(town, 6, options)
        assert [message["count"] for message in company.received] == [6]
        assert len(set(company.ids)) == 1
