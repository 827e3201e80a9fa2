"""The outbox and its deliveries: fan out, claim under a lease, note what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from storage.instants import to_datetime

MAX_CLAIMED = 50
MAX_DIGEST = 500  # events in one digest
MAX_ERROR_CHARACTERS = 500
MAX_TRIMMED = 10_000  # rows in one statement
MINUTE_US = 60_000_000
# Events that mean nothing to whoever has not heard of the violation before.
FOLLOWERS = ["ended", "withdrawn", "escalated"]

# The mirror of storage.scope: a receiver hears of a violation if a user of its organisation sees
# it. `own`: the organisation of the unit itself, as far as it is not a topmost one: the company.
_FAN_OUT = """
WITH RECURSIVE claimed AS (
    SELECT id, violation_id, storm_id, event, audience FROM outbox o
    WHERE done_at IS NULL AND due_at <= %(now)s
      AND (event <> ALL(%(followers)s) OR NOT EXISTS (
          SELECT 1 FROM outbox p
          WHERE p.violation_id = o.violation_id AND p.id < o.id AND p.done_at IS NULL))
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
), above AS (
    SELECT c.id AS outbox_id, o.id, o.parent_id,
           o.id = v.organisation_id AND o.parent_id IS NOT NULL AS own
    FROM claimed c JOIN violations v ON v.id = c.violation_id
    JOIN organisations o ON o.id IN (v.organisation_id, v.responsible_organisation_id)
    UNION ALL
    SELECT c.id, o.id, o.parent_id, false
    FROM claimed c JOIN storms s ON s.id = c.storm_id
    JOIN organisations o ON o.id = s.organisation_id
    UNION
    SELECT a.outbox_id, o.id, o.parent_id, false
    FROM above a JOIN organisations o ON o.id = a.parent_id
), reached AS (
    SELECT outbox_id, id, bool_or(own) AS own FROM above GROUP BY outbox_id, id
), told AS (
    INSERT INTO webhook_deliveries (outbox_id, webhook_id, due_at)
    SELECT r.outbox_id, w.id, %(now)s
    FROM reached r JOIN claimed c ON c.id = r.outbox_id
    JOIN webhooks w ON w.organisation_id = r.id AND w.enabled
    WHERE (c.audience IS NULL OR (c.audience = 'company') = r.own)
      AND (c.event <> ALL(%(followers)s) OR EXISTS (
          SELECT 1 FROM webhook_deliveries d JOIN outbox p ON p.id = d.outbox_id
          WHERE p.violation_id = c.violation_id AND d.webhook_id = w.id))
    ON CONFLICT DO NOTHING
)
UPDATE outbox SET done_at = %(now)s WHERE id IN (SELECT id FROM claimed)
"""
_DUE = """
SELECT EXISTS (SELECT FROM violation_steps WHERE state = 'waiting' AND due_at <= %(now)s)
    OR EXISTS (SELECT FROM outbox WHERE done_at IS NULL AND due_at <= %(now)s)
    OR EXISTS (SELECT FROM webhook_deliveries WHERE done_at IS NULL AND due_at <= %(now)s)
"""
# What waits for each receiver, what it was sent in the last minute, and when its last digest was.
_LOAD = """
SELECT d.webhook_id, w.kind, count(*) FILTER (WHERE d.done_at IS NULL) AS waiting,
       count(DISTINCT coalesce(d.digest, d.outbox_id)) FILTER (WHERE d.done_at IS NOT NULL) AS sent,
       max(d.done_at) FILTER (WHERE d.digest IS NOT NULL) AS digest_at
FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
WHERE (d.done_at IS NULL AND d.due_at <= %(now)s)
   OR (d.done_at > %(minute_ago)s AND NOT d.gave_up)
GROUP BY d.webhook_id, w.kind HAVING count(*) FILTER (WHERE d.done_at IS NULL) > 0
"""
_HOLD = """
UPDATE webhook_deliveries SET due_at = %(due)s
WHERE webhook_id = %(webhook)s AND done_at IS NULL AND due_at <= %(now)s
"""
_CLAIM = """
UPDATE webhook_deliveries d SET due_at = %(lease)s, attempts = d.attempts + 1
FROM webhooks w, outbox o
WHERE w.id = d.webhook_id AND o.id = d.outbox_id AND (d.outbox_id, d.webhook_id) IN (
    SELECT outbox_id, webhook_id FROM webhook_deliveries
    WHERE done_at IS NULL AND due_at <= %(now)s AND webhook_id = ANY(%(webhooks)s)
    ORDER BY outbox_id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING d.outbox_id, d.webhook_id, d.attempts, o.violation_id, o.storm_id, o.event,
          o.due_at AS at, w.kind, w.url, w.secret
"""
_KEY = "outbox_id = ANY(%(outbox_ids)s) AND webhook_id = %(webhook_id)s"
_DONE = f"""
UPDATE webhook_deliveries SET done_at = %(now)s, last_error = NULL, digest = %(digest)s WHERE {_KEY}
"""  # noqa: S608 the fragment is ours
_LATER = f"""
UPDATE webhook_deliveries SET due_at = %(due)s, last_error = %(error)s,
       gave_up = %(gave_up)s, done_at = CASE WHEN %(gave_up)s THEN %(now)s::timestamptz END
WHERE {_KEY}
"""  # noqa: S608 the fragment is ours
_TRIM = """
DELETE FROM outbox WHERE id IN (
    SELECT o.id FROM outbox o WHERE o.done_at < %(before)s AND NOT EXISTS (
        SELECT 1 FROM webhook_deliveries d WHERE d.outbox_id = o.id AND d.done_at IS NULL)
    LIMIT %(most)s)
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that a receiver must hear of; `attempts` counts this one; `at` when it happened.
    Of a violation or of a storm."""

    outbox_id: int
    webhook_id: int
    attempts: int
    violation_id: int | None
    storm_id: int | None
    event: str
    at: Any
    kind: str
    url: str
    secret: str

    @property
    def id(self) -> str:
        """The same in every attempt: by it a receiver drops doubles."""
        return f"{self.outbox_id}-{self.webhook_id}"


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to a receiver at once: one event, or a digest of several."""

    deliveries: tuple[Delivery, ...]
    digest: bool = False

    @property
    def id(self) -> str:
        """Of its event, or of the digest."""
        first = self.deliveries[0].id
        return f"digest-{first}" if self.digest else first

    @property
    def attempts(self) -> int:
        """The most that any of its events had."""
        return max(delivery.attempts for delivery in self.deliveries)

    @property
    def key(self) -> dict[str, Any]:
        """The rows that it stands for."""
        first = self.deliveries[0]
        return {
            "outbox_ids": [delivery.outbox_id for delivery in self.deliveries],
            "webhook_id": first.webhook_id,
            "digest": first.outbox_id if self.digest else None,
        }


async def anything_due(conn: AsyncConnection[Any], now_us: int) -> bool:
    """Whether there is a step of a ladder to climb, an event to fan out or a message to deliver."""
    row = await (await conn.execute(_DUE, {"now": to_datetime(now_us)})).fetchone()
    return bool(row and row[0])


async def fan_out(conn: AsyncConnection[Any], now_us: int) -> int:
    """Make a delivery for each receiver that must hear of what is due; how many events."""
    parameters = {"now": to_datetime(now_us), "most": MAX_CLAIMED, "followers": FOLLOWERS}
    return (await conn.execute(_FAN_OUT, parameters)).rowcount


async def claim(
    conn: AsyncConnection[Any], now_us: int, lease_us: int, per_minute: Mapping[str, int]
) -> list[Message]:
    """What is due, ours until the lease ends; commit before delivering.

    A receiver gets `per_minute` messages a minute, by its kind. When more wait, all of them go as
    one digest, and nothing else for a minute.
    """
    now = to_datetime(now_us)
    values = {"now": now, "minute_ago": to_datetime(now_us - MINUTE_US)}
    singly, messages = [], []
    for webhook_id, kind, waiting, sent, digest_at in await (
        await conn.execute(_LOAD, values)
    ).fetchall():
        if digest_at is not None:
            held = {"webhook": webhook_id, "due": digest_at + timedelta(minutes=1), "now": now}
            await conn.execute(_HOLD, held)
        elif sent + waiting <= per_minute[kind]:
            singly.append(webhook_id)
        else:
            rows = await _claimed(conn, now_us, lease_us, [webhook_id], MAX_DIGEST)
            messages += [Message(tuple(rows), digest=True)] if rows else []
    if singly:
        rows = await _claimed(conn, now_us, lease_us, singly, MAX_CLAIMED)
        messages += [Message((row,)) for row in rows]
    return messages


async def _claimed(
    conn: AsyncConnection[Any], now_us: int, lease_us: int, webhooks: list[int], most: int
) -> list[Delivery]:
    parameters = {
        "now": to_datetime(now_us),
        "lease": to_datetime(now_us + lease_us),
        "webhooks": webhooks,
        "most": most,
    }
    async with conn.cursor(row_factory=class_row(Delivery)) as cursor:
        await cursor.execute(_CLAIM, parameters)
        found = await cursor.fetchall()
    return sorted(found, key=lambda delivery: (delivery.outbox_id, delivery.webhook_id))


async def delivered(conn: AsyncConnection[Any], message: Message, now_us: int) -> None:
    """The receiver has confirmed it."""
    await conn.execute(_DONE.encode(), {**message.key, "now": to_datetime(now_us)})


async def failed(
    conn: AsyncConnection[Any], message: Message, error: str, now_us: int, due_us: int | None
) -> None:
    """It did not work: again at `due_us`, or (None) never."""
    parameters = {
        **message.key,
        "now": to_datetime(now_us),
        "due": to_datetime(now_us if due_us is None else due_us),
        "gave_up": due_us is None,
        "error": error[:MAX_ERROR_CHARACTERS],
    }
    await conn.execute(_LATER.encode(), parameters)


async def trim_outbox(conn: AsyncConnection[Any], before_us: int) -> int:
    """Forget what was settled before a time; how many events."""
    parameters = {"before": to_datetime(before_us), "most": MAX_TRIMMED}
    return (await conn.execute(_TRIM, parameters)).rowcount


async def waiting(conn: AsyncConnection[Any]) -> tuple[int, int, int]:
    """Undelivered events, deliveries that were given up, and steps of ladders to come: for the
    metrics."""
    cursor = await conn.execute(
        "SELECT (SELECT count(*) FROM outbox WHERE done_at IS NULL)"
        " + (SELECT count(*) FROM webhook_deliveries WHERE done_at IS NULL),"
        " (SELECT count(*) FROM webhook_deliveries WHERE gave_up),"
        " (SELECT count(*) FROM violation_steps WHERE state = 'waiting')"
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])
