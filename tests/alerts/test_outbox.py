"""What is in the outbox reaches a real receiver: signed, once a webhook, in spite of failures."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from alerts.ladder import climb
from alerts.outbox import LONGEST_RETRY_S, MAX_ATTEMPTS, AlertOptions, Outbox, retry_after_s
from alerts.webhook import make_client
from api.driver_texts import driver_text
from api.violation_view import violation_json
from storage.deliveries import claim, fan_out, trim_outbox, waiting
from storage.violations import Act, take_violation
from storage.webhooks import create_webhook, delete_webhook
from tests.alerts.receiver import SECRET, Receiver, receiver
from tests.api.town import Town, raise_violation
from tests.api.traffic import MINUTE_US, NOW_US, SECOND_US


async def _subscribe(town: Town, organisation: str, url: str, secret: str = SECRET) -> int:
    async with town.database.pool.connection() as conn:
        return await create_webhook(conn, town.organisations[organisation], url, secret)


def _outbox(town: Town, **given: Any) -> Outbox:
    options = {n: given.pop(n) for n in ("allow_private", "per_minute") if n in given}
    return Outbox(
        town.database, town.clock, AlertOptions(**{"allow_private": True, **options}), **given
    )


async def _deliver(town: Town, **given: Any) -> int:
    """Rounds until there is nothing left to do now."""
    outbox, done = _outbox(town, **given), 0
    async with make_client() as client:
        while found := await outbox.deliver_due(client):
            done += found
    return done


def _events(found: Receiver) -> list[tuple[int, str]]:
    return sorted((message["violation"]["id"], message["event"]) for message in found.received)


async def test_events_arrive_signed_and_in_words(town: Town) -> None:
    async with receiver() as bureau:
        await _subscribe(town, "bureau", bureau.url)
        await _deliver(town, describe=violation_json)
    a, b = town.violations["a"], town.violations["b"]
    assert _events(bureau) == [(a, "raised"), (b, "raised")]
    assert bureau.bad_signatures == 0
    message = next(m for m in bureau.received if m["violation"]["id"] == a)
    assert message["id"] in bureau.ids
    assert message["at"] == "2026-09-22T12:20:00Z"
    assert message["violation"]["sentence_zh"]
    assert message["violation"]["device"]["name"] == "truck_a 号"


async def test_whoever_may_see_it_hears_of_it(town: Town) -> None:
    a, b = town.violations["a"], town.violations["b"]
    expected = {"bureau": [a, b], "a": [a], "b": [b], "district": [a]}
    async with contextlib.AsyncExitStack() as stack:
        found = {name: await stack.enter_async_context(receiver()) for name in expected}
        for name, one in found.items():
            await _subscribe(town, name, one.url)
        await _deliver(town)
        for name, one in found.items():
            assert [violation for violation, _ in _events(one)] == expected[name], name


async def test_a_failure_is_tried_again_with_the_same_id(town: Town) -> None:
    async with receiver(500, 503, 302) as district, receiver() as company:
        await _subscribe(town, "district", district.url)
        await _subscribe(town, "a", company.url)
        for attempt in range(1, 5):
            await _deliver(town)
            assert len(district.ids) == attempt
            await _deliver(town)  # not before its time
            assert len(district.ids) == attempt
            town.clock.advance_to(town.clock.now_us() + int(retry_after_s(attempt) * SECOND_US))
        await _deliver(town)
    assert len(set(district.ids)) == 1
    assert len(district.ids) == 4
    assert _events(district) == [(town.violations["a"], "raised")]
    assert len(company.ids) == 1, "a failing receiver must not make others hear twice"
    async with town.database.pool.connection() as conn:
        assert await waiting(conn) == (0, 0, 0)


async def test_nobody_listens_for_long(town: Town) -> None:
    async with receiver() as one:
        url = one.url
    await _subscribe(town, "a", url)
    for attempt in range(1, MAX_ATTEMPTS + 3):
        await _deliver(town)
        town.clock.advance_to(town.clock.now_us() + int(retry_after_s(attempt) * SECOND_US))
    async with town.database.pool.connection() as conn:
        cursor = await conn.execute("SELECT attempts, gave_up, last_error FROM webhook_deliveries")
        ((attempts, gave_up, error),) = await cursor.fetchall()
        assert (attempts, gave_up) == (MAX_ATTEMPTS, True)
        assert "ConnectError" in error
        assert await waiting(conn) == (0, 1, 0)


async def test_gone_is_gone(town: Town) -> None:
    async with receiver(410) as one:
        await _subscribe(town, "a", one.url)
        await _deliver(town)
        town.clock.advance_to(NOW_US + 60 * MINUTE_US)
        await _deliver(town)
    assert len(one.ids) == 1


async def test_a_claim_that_is_never_settled_is_claimed_again(town: Town) -> None:
    """The process was killed between claiming and delivering."""
    async with receiver() as one:
        await _subscribe(town, "a", one.url)
        async with town.database.pool.connection() as conn:
            await climb(conn, NOW_US, MINUTE_US, driver_text)
            await fan_out(conn, NOW_US)
        async with town.database.pool.connection() as conn:
            assert len(await claim(conn, NOW_US, 60 * SECOND_US, {"webhook": 60})) == 1
        async with town.database.pool.connection() as conn:
            assert await claim(conn, NOW_US, 60 * SECOND_US, {"webhook": 60}) == []
        await _deliver(town)
        assert one.received == []
        town.clock.advance_to(NOW_US + 61 * SECOND_US)
        await _deliver(town)
        assert len(one.received) == 1


async def test_two_loops_share_the_work(town: Town) -> None:
    for _ in range(30):
        await raise_violation(town, "truck_a")
    async with receiver() as one:
        await _subscribe(town, "a", one.url)
        await asyncio.gather(*(_deliver(town) for _ in range(3)))
    assert len(one.ids) == len(set(one.ids)) == 31


async def test_the_loop_runs_until_it_is_cancelled(town: Town) -> None:
    async with receiver() as one:
        await _subscribe(town, "district", one.url)
        task = asyncio.create_task(_outbox(town).run())
        async with asyncio.timeout(20):
            while len(one.received) < 1:
                await asyncio.sleep(0.05)
            act = Act(town.users["officer_wang"], NOW_US)
            district = [town.organisations["district"]]
            async with town.database.pool.connection() as conn:
                assert await take_violation(conn, district, town.violations["a"], act)
            while len(one.received) < 2:
                await asyncio.sleep(0.05)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert one.received[-1]["event"] == "taken"
    assert one.received[-1]["violation"]["status"] == "taken"


async def test_private_addresses_are_refused_at_delivery_too(town: Town) -> None:
    async with receiver() as one:
        await _subscribe(town, "a", one.url)
        await _deliver(town, allow_private=False)
        assert one.ids == []
    async with town.database.pool.connection() as conn:
        cursor = await conn.execute("SELECT last_error FROM webhook_deliveries")
        ((error,),) = await cursor.fetchall()
    assert "webhook_allow_private" in error


async def test_a_removed_webhook_hears_no_more(town: Town) -> None:
    async with receiver(500) as one:
        webhook = await _subscribe(town, "a", one.url)
        await _deliver(town)
        async with town.database.pool.connection() as conn:
            assert await delete_webhook(conn, [town.organisations["a"]], webhook)
        town.clock.advance_to(NOW_US + 60 * MINUTE_US)
        await _deliver(town)
    assert len(one.ids) == 1


async def test_settled_events_are_forgotten_in_the_end(town: Town) -> None:
    async with receiver(500) as one:
        await _subscribe(town, "a", one.url)
        await _deliver(town)
        async with town.database.pool.connection() as conn:
            assert await trim_outbox(conn, NOW_US + MINUTE_US) == 3  # not the one that waits
            town.clock.advance_to(NOW_US + 60 * MINUTE_US)
    assert one.received == []


@pytest.mark.parametrize(("attempts", "wait_s"), [(1, 5), (2, 10), (5, 80), (11, 3_600)])
def test_pauses_double_up_to_a_cap(attempts: int, wait_s: float) -> None:
    assert retry_after_s(attempts) == wait_s
    assert retry_after_s(10_000) == LONGEST_RETRY_S
