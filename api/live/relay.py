"""From the in-process hub to every live client: one subscription, one database read for all
violations that wait, one for all commands."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from api.latest import LatestPositions, named_alarms
from api.live.client import Client
from api.violation_view import command_json, violation_json
from pipeline.live import Message, Subscription
from storage.commands import any_commands
from storage.violations import any_violations

if TYPE_CHECKING:
    from api.services import Services

MAX_CLIENTS = 200
MAX_TOGETHER = 100  # messages taken from the hub at once; clients queue 500
_log = structlog.get_logger("xunji.api")


class Relay:
    """Reads the hub for as long as the application runs and fills the clients' buffers."""

    def __init__(self, services: Services, latest: LatestPositions) -> None:
        self._services = services
        self._latest = latest
        self._clients: set[Client] = set()
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._clients)

    @property
    def full(self) -> bool:
        """Whether a further client must be refused."""
        return len(self._clients) >= MAX_CLIENTS

    def join(self, client: Client) -> None:
        """From now on fill this client's buffers."""
        self._clients.add(client)

    def leave(self, client: Client) -> None:
        """The client has gone."""
        self._clients.discard(client)

    def start(self) -> None:
        """Begin to read the hub; what is published from now on is relayed."""
        subscription = self._services.live.subscribe(("positions", "violation", "command"))
        self._task = asyncio.create_task(self._run(subscription), name="live relay")

    async def stop(self) -> None:
        """Stop reading and end every client."""
        for client in self._clients:
            client.close("the server stops")
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, subscription: Subscription) -> None:
        while True:
            with subscription:
                async for message in subscription:
                    for one in _together([message, *subscription.waiting(MAX_TOGETHER)]):
                        await self._relay(one)
            # Dropped for being slow: what was missed is read again, by us and by the clients.
            self._latest.forget()
            for client in self._clients:
                client.close("the server was too slow; connect again")
            subscription = self._services.live.subscribe(("positions", "violation", "command"))

    async def _relay(self, message: Message) -> None:
        try:
            if message.kind == "positions":
                self._positions(message)
            elif message.kind == "violation" and self._clients:
                await self._violations(message.payload["ids"])
            elif message.kind == "command" and self._clients:
                await self._commands(message.payload["ids"])
        except (OperationalError, PoolTimeout) as error:
            _log.warning("live_event_lost", kind=message.kind, error=str(error)[:255])
        except Exception:
            _log.exception("live_relay_failed", kind=message.kind)

    def _positions(self, message: Message) -> None:
        positions = [named_alarms(position) for position in message.payload["positions"]]
        self._latest.feed(positions)
        positions = self._latest.shown(positions)
        for client in self._clients:
            if client.sees(message.organisation_id):
                client.offer_positions(positions)

    async def _violations(self, ids: list[int]) -> None:
        async with self._services.database.pool.connection() as conn:
            rows = await any_violations(conn, ids)
        for row in rows:
            if row["shadow"]:
                continue
            event = {"type": "violation", "violation": violation_json(row)}
            for client in self._clients:
                if client.sees(row["organisation_id"], row["responsible_organisation_id"]):
                    client.offer_event(event)

    async def _commands(self, ids: list[int]) -> None:
        async with self._services.database.pool.connection() as conn:
            rows = await any_commands(conn, ids)
        for row in rows:
            event = {"type": "command", "command": command_json(row)}
            for client in self._clients:
                if client.sees(row["organisation_id"], row["responsible_organisation_id"]):
                    client.offer_event(event)


def _together(messages: list[Message]) -> list[Message]:
    """The same, the most urgent first: all violations in one message, `{"ids": [...]}`, all
    commands in one, the others as they came."""
    told = []
    for kind in ("violation", "command"):
        ids = [message.payload["id"] for message in messages if message.kind == kind]
        told += [Message(0, kind, {"ids": sorted(set(ids))})] if ids else []
    return told + [message for message in messages if message.kind == "positions"]
