"""The outbox and its deliveries: fan out to webhooks, claim under a lease, note what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from storage.instants import to_datetime

MAX_CLAIMED = 50
MAX_ERROR_CHARACTERS = 500
MAX_TRIMMED = 10_000  # rows in one statement

# The mirror of storage.scope: a webhook hears of a violation if a user of its organisation sees it.
_FAN_OUT = """
WITH RECURSIVE claimed AS (
    SELECT id, violation_id FROM outbox WHERE done_at IS NULL AND due_at <= %(now)s
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
), above AS (
    SELECT c.id AS outbox_id, o.id, o.parent_id
    FROM claimed c JOIN violations v ON v.id = c.violation_id
    JOIN organisations o ON o.id IN (v.organisation_id, v.responsible_organisation_id)
    UNION
    SELECT a.outbox_id, o.id, o.parent_id FROM above a JOIN organisations o ON o.id = a.parent_id
), told AS (
    INSERT INTO webhook_deliveries (outbox_id, webhook_id, due_at)
    SELECT DISTINCT a.outbox_id, w.id, %(now)s
    FROM above a JOIN webhooks w ON w.organisation_id = a.id AND w.enabled
    ON CONFLICT DO NOTHING
)
UPDATE outbox SET done_at = %(now)s WHERE id IN (SELECT id FROM claimed)
"""
_CLAIM = """
UPDATE webhook_deliveries d SET due_at = %(lease)s, attempts = d.attempts + 1
FROM webhooks w, outbox o
WHERE w.id = d.webhook_id AND o.id = d.outbox_id AND (d.outbox_id, d.webhook_id) IN (
    SELECT outbox_id, webhook_id FROM webhook_deliveries
    WHERE done_at IS NULL AND due_at <= %(now)s
    ORDER BY outbox_id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING d.outbox_id, d.webhook_id, d.attempts, o.violation_id, o.event, o.due_at AS at,
          w.url, w.secret
"""
_KEY = "outbox_id = %(outbox_id)s AND webhook_id = %(webhook_id)s"
_DONE = f"""
UPDATE webhook_deliveries SET done_at = %(now)s, last_error = NULL WHERE {_KEY}
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
    """An event that a webhook must hear of; `attempts` counts this one; `at` when it happened."""

    outbox_id: int
    webhook_id: int
    attempts: int
    violation_id: int
    event: str
    at: Any
    url: str
    secret: str

    @property
    def key(self) -> dict[str, int]:
        """Its primary key."""
        return {"outbox_id": self.outbox_id, "webhook_id": self.webhook_id}


async def fan_out(conn: AsyncConnection[Any], now_us: int) -> int:
    """Make a delivery for each webhook that must hear of what is due; how many events."""
    parameters = {"now": to_datetime(now_us), "most": MAX_CLAIMED}
    return (await conn.execute(_FAN_OUT, parameters)).rowcount


async def claim(conn: AsyncConnection[Any], now_us: int, lease_us: int) -> list[Delivery]:
    """Deliveries that are due, ours until the lease ends; commit before delivering."""
    parameters = {
        "now": to_datetime(now_us),
        "lease": to_datetime(now_us + lease_us),
        "most": MAX_CLAIMED,
    }
    async with conn.cursor(row_factory=class_row(Delivery)) as cursor:
        await cursor.execute(_CLAIM, parameters)
        found = await cursor.fetchall()
    return sorted(found, key=lambda delivery: (delivery.outbox_id, delivery.webhook_id))


async def delivered(conn: AsyncConnection[Any], delivery: Delivery, now_us: int) -> None:
    """The receiver has confirmed it."""
    await conn.execute(_DONE.encode(), {**delivery.key, "now": to_datetime(now_us)})


async def failed(
    conn: AsyncConnection[Any], delivery: Delivery, error: str, now_us: int, due_us: int | None
) -> None:
    """It did not work: again at `due_us`, or (None) never."""
    parameters = {
        **delivery.key,
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


async def waiting(conn: AsyncConnection[Any]) -> tuple[int, int]:
    """Undelivered events, and deliveries that were given up: for the metrics."""
    cursor = await conn.execute(
        "SELECT (SELECT count(*) FROM outbox WHERE done_at IS NULL)"
        " + (SELECT count(*) FROM webhook_deliveries WHERE done_at IS NULL),"
        " (SELECT count(*) FROM webhook_deliveries WHERE gave_up)"
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
