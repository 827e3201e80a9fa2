"""The delivery loop: the ladder is climbed, and what rules and people wrote into the outbox reaches
its receivers.

At least once, in any order, each with an id by which the receiver drops doubles. Claims are leases
in the database, so that a restart goes on where it was and several processes share the work.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from typing import Protocol as Interface

import httpx
import structlog

from alerts.ladder import WarningText, climb
from alerts.outcome import Outcome
from alerts.payload import digest_entry, plain_storm, plain_violation
from alerts.receivers import RECEIVER_KINDS, Parcel
from alerts.webhook import make_client
from storage.database import Connection, Database
from storage.deliveries import (
    Delivery,
    Message,
    anything_due,
    claim,
    delivered,
    failed,
    fan_out,
    trim_outbox,
)
from storage.problems import AWAY
from storage.together import any_storm
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
Row = dict[str, Any]


class Clock(Interface):
    """The setting's clock."""

    def now_us(self) -> int: ...


@dataclass(frozen=True, slots=True)
class AlertOptions:
    """`per_minute`: messages to one receiver, more become a digest; `news_us`: a step that is due
    for longer is not taken."""

    allow_private: bool = False
    per_minute: int = 60
    news_us: int = 900_000_000


def retry_after_s(attempts: int) -> float:
    """How long to wait after so many failed attempts: doubling, capped."""
    return float(min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(attempts - 1, 20)))


def _plain_warning(kind: str, plate: str | None) -> str:
    return f"{plate or ''} {kind}".strip()


class Outbox:
    """`await outbox.run()` until cancelled.

    `describe`: a violation's row as receivers see it. `warning_text`: what a driver is told.
    `show`: called with ("violation" or "command", id) after something changed, for live pages.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        options: AlertOptions = AlertOptions(),
        *,
        describe: Callable[[Row], Row] = plain_violation,
        warning_text: WarningText = _plain_warning,
        show: Callable[[str, int], None] = lambda _kind, _id: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._options = options
        self._describe = describe
        self._warning_text = warning_text
        self._show = show
        most = options.per_minute
        self._per_minute = {
            name: min(most, kind.per_minute or most) for name, kind in RECEIVER_KINDS.items()
        }
        self._parallel = asyncio.Semaphore(PARALLEL)
        self._trim_at_s = time.monotonic() + TRIM_EVERY_S

    async def run(self) -> None:
        """Deliver for ever; while the database is away, wait for it."""
        async with make_client() as client:
            while True:
                try:
                    worked = await self.deliver_due(client)
                    pause_s = 0.0 if worked else IDLE_S
                except AWAY as error:
                    _log.warning("outbox_waits_for_database", error=str(error)[:255])
                    pause_s = DATABASE_AWAY_S
                await asyncio.sleep(pause_s)

    async def deliver_due(self, client: httpx.AsyncClient) -> int:
        """One round: climb, fan out, claim, deliver; how much there was to do."""
        now_us = self._clock.now_us()
        async with self._database.pool.connection() as conn:
            if time.monotonic() >= self._trim_at_s:
                await trim_outbox(conn, now_us - KEEP_US)
                self._trim_at_s = time.monotonic() + TRIM_EVERY_S
            if not await anything_due(conn, now_us):
                return 0
        climbed = await self._climb(now_us)
        async with self._database.pool.connection() as conn:
            events = await fan_out(conn, now_us)
        async with self._database.pool.connection() as conn:
            messages = await claim(conn, now_us, LEASE_US, self._per_minute)
        await asyncio.gather(*(self._deliver(client, message) for message in messages))
        return climbed + events + len(messages)

    async def _climb(self, now_us: int) -> int:
        async with self._database.pool.connection() as conn:
            violations, commands = await climb(
                conn, now_us, self._options.news_us, self._warning_text
            )
        for violation_id in dict.fromkeys(violations):
            self._show("violation", violation_id)
        for command_id in commands:
            self._show("command", command_id)
        return len(violations)

    async def _deliver(self, client: httpx.AsyncClient, message: Message) -> None:
        async with self._parallel:
            first = message.deliveries[0]
            parcel = Parcel(
                id=message.id,
                url=first.url,
                secret=first.secret,
                content=await self._content(message),
                timestamp_ms=time.time_ns() // 1_000_000,
                allow_private=self._options.allow_private,
            )
            outcome = await RECEIVER_KINDS[first.kind].send(client, parcel)
            await self._note(message, outcome)

    async def _content(self, message: Message) -> Row:
        async with self._database.pool.connection() as conn:
            events = [await self._event(conn, delivery) for delivery in message.deliveries]
        if not message.digest:
            return events[0]
        return {
            "id": message.id,
            "event": "digest",
            "at": events[-1]["at"],
            "count": len(events),
            "events": [digest_entry(event) for event in events],
        }

    async def _event(self, conn: Connection, delivery: Delivery) -> Row:
        event: Row = {"id": delivery.id, "event": delivery.event, "at": delivery.at}
        if delivery.storm_id is not None:
            return {**event, "storm": plain_storm(await any_storm(conn, delivery.storm_id))}
        assert delivery.violation_id is not None
        row = await any_violation(conn, delivery.violation_id)
        assert row is not None, "an outbox row goes with its violation"
        return {**event, "violation": self._describe(row)}

    async def _note(self, message: Message, outcome: Outcome) -> None:
        now_us = self._clock.now_us()
        async with self._database.pool.connection() as conn:
            if outcome.error is None:
                await delivered(conn, message, now_us)
                return
            again = outcome.again and message.attempts < MAX_ATTEMPTS
            due_us = now_us + int(retry_after_s(message.attempts) * 1e6) if again else None
            await failed(conn, message, outcome.error, now_us, due_us)
        _log.warning(
            "receiver_not_told",
            kind=message.deliveries[0].kind,
            webhook_id=message.deliveries[0].webhook_id,
            attempt=message.attempts,
            again=again,
            error=outcome.error[:255],
        )
