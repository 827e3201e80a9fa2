"""The delivery loop: what the rules and people wrote into the outbox reaches the webhooks.

At least once, in any order, each with an id by which the receiver drops doubles. Claims are leases
in the database, so that a restart goes on where it was and several processes share the work.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any
from typing import Protocol as Interface

import httpx
import msgspec
import psycopg
import structlog
from psycopg_pool import PoolTimeout

from alerts.payload import plain_violation
from alerts.webhook import Outcome, make_client, post
from storage.database import Database
from storage.deliveries import Delivery, claim, delivered, failed, fan_out, trim_outbox
from storage.violations import any_violation

IDLE_S = 0.5
DATABASE_AWAY_S = 5.0
LEASE_US = 60_000_000  # longer than the longest attempt
FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 3_600.0
MAX_ATTEMPTS = 20  # about eleven hours
PARALLEL = 8
TRIM_EVERY_S = 3_600.0
KEEP_US = 30 * 24 * 3600 * 1_000_000
_log = structlog.get_logger("xunji.alerts")


class Clock(Interface):
    """The setting's clock."""

    def now_us(self) -> int: ...


def retry_after_s(attempts: int) -> float:
    """How long to wait after so many failed attempts: doubling, capped."""
    return float(min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(attempts - 1, 20)))


class Outbox:
    """`await outbox.run()` until cancelled. `describe`: a violation's row as receivers see it."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        allow_private: bool = False,
        describe: Callable[[dict[str, Any]], dict[str, Any]] = plain_violation,
    ) -> None:
        self._database = database
        self._clock = clock
        self._allow_private = allow_private
        self._describe = describe
        self._parallel = asyncio.Semaphore(PARALLEL)
        self._trim_at_s = time.monotonic() + TRIM_EVERY_S

    async def run(self) -> None:
        """Deliver for ever; while the database is away, wait for it."""
        async with make_client() as client:
            while True:
                try:
                    worked = await self.deliver_due(client)
                    pause_s = 0.0 if worked else IDLE_S
                except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
                    _log.warning("outbox_waits_for_database", error=str(error)[:255])
                    pause_s = DATABASE_AWAY_S
                await asyncio.sleep(pause_s)

    async def deliver_due(self, client: httpx.AsyncClient) -> int:
        """One round: fan out, claim, deliver; how much there was to do."""
        now_us = self._clock.now_us()
        async with self._database.pool.connection() as conn:
            events = await fan_out(conn, now_us)
            if time.monotonic() >= self._trim_at_s:
                await trim_outbox(conn, now_us - KEEP_US)
                self._trim_at_s = time.monotonic() + TRIM_EVERY_S
        async with self._database.pool.connection() as conn:
            deliveries = await claim(conn, now_us, LEASE_US)
        await asyncio.gather(*(self._deliver(client, delivery) for delivery in deliveries))
        return events + len(deliveries)

    async def _deliver(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        async with self._parallel:
            body = await self._body(delivery)
            outcome = await post(
                client,
                url=delivery.url,
                secret=delivery.secret,
                delivery_id=_id_of(delivery),
                body=body,
                timestamp_s=int(time.time()),
                allow_private=self._allow_private,
            )
            await self._note(delivery, outcome)

    async def _body(self, delivery: Delivery) -> bytes:
        async with self._database.pool.connection() as conn:
            row = await any_violation(conn, delivery.violation_id)
        assert row is not None, "an outbox row goes with its violation"
        content = {
            "id": _id_of(delivery),
            "event": delivery.event,
            "at": delivery.at,
            "violation": self._describe(row),
        }
        return msgspec.json.encode(content)

    async def _note(self, delivery: Delivery, outcome: Outcome) -> None:
        now_us = self._clock.now_us()
        async with self._database.pool.connection() as conn:
            if outcome.error is None:
                await delivered(conn, delivery, now_us)
                return
            again = outcome.again and delivery.attempts < MAX_ATTEMPTS
            due_us = now_us + int(retry_after_s(delivery.attempts) * 1e6) if again else None
            await failed(conn, delivery, outcome.error, now_us, due_us)
        _log.warning(
            "webhook_failed",
            webhook_id=delivery.webhook_id,
            attempt=delivery.attempts,
            again=again,
            error=outcome.error[:255],
        )


def _id_of(delivery: Delivery) -> str:
    return f"{delivery.outbox_id}-{delivery.webhook_id}"
