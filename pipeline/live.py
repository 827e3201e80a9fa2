"""Publish and subscribe inside one process, for the page: what happens now, to whoever looks.

Nothing durable hangs on it. A subscriber that does not keep up is dropped, never waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.position import PositionBatch
from model.position_json import positions_json

Kind = Literal["positions", "violation", "command", "status"]
QUEUE_MESSAGES = 1_024  # waiting messages a subscriber may have before it is dropped
MAX_SUBSCRIBERS = 1_024
SHOW_EVERY_S = 0.5  # newest positions are shown together; a page draws no faster
MAX_GATHERED_ROWS = 50_000  # then they are shown at once


class TooManySubscribers(Exception):
    """The hub has `MAX_SUBSCRIBERS` already."""


class Message(NamedTuple):
    """`payload` of a `kind`; "positions": {"positions": [Position as in docs/api.md]}."""

    organisation_id: int
    kind: str
    payload: dict[str, Any]


class Subscription:
    """One subscriber's messages: iterate; ends when it is closed or was too slow (`dropped`)."""

    def __init__(self, hub: LiveHub, kinds: frozenset[str] | None) -> None:
        self._hub = hub
        self._kinds = kinds
        self._queue: asyncio.Queue[Message | None] = asyncio.Queue()
        self.dropped = False

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def wants(self, kind: str) -> bool:
        """Whether this subscriber asked for the kind."""
        return self._kinds is None or kind in self._kinds

    def offer(self, message: Message) -> None:
        """Queue a message; the subscriber is dropped when its queue is full."""
        if self._queue.qsize() >= QUEUE_MESSAGES:
            self.dropped = True
            self.close()
        else:
            self._queue.put_nowait(message)

    def close(self) -> None:
        """Leave the hub; what is queued can still be read."""
        if self._hub.leave(self):
            self._queue.put_nowait(None)

    async def get(self) -> Message | None:
        """The next message; None when there will be no more."""
        message = await self._queue.get()
        if message is None:
            self._queue.put_nowait(None)
        return message

    def waiting(self, most: int) -> list[Message]:
        """What can be read without waiting."""
        found: list[Message] = []
        while len(found) < most and not self._queue.empty():
            message = self._queue.get_nowait()
            if message is None:
                self._queue.put_nowait(None)
                break
            found.append(message)
        return found

    async def __aiter__(self) -> AsyncIterator[Message]:
        while (message := await self.get()) is not None:
            yield message


class LiveHub:
    """Everybody who looks, and what they are shown. Implements pipeline.contract.LiveHub."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._subscriptions)

    def subscribe(self, kinds: Iterable[Kind] | None = None) -> Subscription:
        """Messages of these kinds (None: all) from now on. Raises TooManySubscribers."""
        if len(self._subscriptions) >= MAX_SUBSCRIBERS:
            raise TooManySubscribers
        subscription = Subscription(self, None if kinds is None else frozenset(kinds))
        self._subscriptions.add(subscription)
        return subscription

    def leave(self, subscription: Subscription) -> bool:
        """Forget a subscriber; whether it was still there."""
        if subscription not in self._subscriptions:
            return False
        self._subscriptions.remove(subscription)
        self.dropped += subscription.dropped
        return True

    def wanted(self, kind: Kind) -> bool:
        """Whether anybody would see a message of this kind (spares building it)."""
        return any(subscription.wants(kind) for subscription in self._subscriptions)

    def publish(self, organisation_id: int, kind: str, payload: dict[str, Any]) -> None:
        """Show this to the subscribers of the kind. Never blocks."""
        message = Message(organisation_id, kind, payload)
        for subscription in tuple(self._subscriptions):
            if subscription.wants(kind):
                subscription.offer(message)


class NewestPositions:
    """Shows committed batches: the newest fix of each device, never one older than shown; all that
    came within `SHOW_EVERY_S` at once."""

    def __init__(self, hub: LiveHub) -> None:
        self._hub = hub
        self._shown_us: dict[int, int] = {}  # one entry a registered device
        self._gathered: list[PositionBatch] = []
        self._rows = 0
        self._due: asyncio.TimerHandle | None = None

    def publish(self, batch: PositionBatch) -> None:
        """Show these rows soon."""
        self._gathered.append(batch)
        self._rows += len(batch)
        if self._rows >= MAX_GATHERED_ROWS:
            self.show()
        elif self._due is None:
            self._due = asyncio.get_running_loop().call_later(SHOW_EVERY_S, self.show)

    def show(self) -> None:
        """Show what was gathered now, grouped by organisation."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        batch = PositionBatch.join(self._gathered)
        self._gathered, self._rows = [], 0
        newest = batch.take(_newest_rows(batch))
        times = zip(newest.rows["device_id"].tolist(), newest.rows["time_us"].tolist(), strict=True)
        shown_us = self._shown_us
        later = [at for at, (id_, us) in enumerate(times) if us >= shown_us.get(id_, us)]
        newest = newest.take(np.array(later, np.intp))
        rows = newest.rows
        shown_us.update(zip(rows["device_id"].tolist(), rows["time_us"].tolist(), strict=True))
        if not self._hub.wanted("positions"):
            return
        by_organisation: dict[int, list[dict[str, Any]]] = {}
        positions = positions_json(rows, newest.attributes)
        for organisation_id, one in zip(rows["organisation_id"].tolist(), positions, strict=True):
            one["online"] = True
            by_organisation.setdefault(organisation_id, []).append(one)
        for organisation_id, own in by_organisation.items():
            self._hub.publish(organisation_id, "positions", {"positions": own})


def _newest_rows(batch: PositionBatch) -> NDArray[np.intp]:
    rows = batch.rows
    order = np.lexsort((rows["variant"], rows["time_us"], rows["device_id"]))
    devices = rows["device_id"][order]
    last = np.ones(len(order), np.bool_)
    last[:-1] = devices[1:] != devices[:-1]
    return order[last]
