"""A message or task as the API shows it: how far it has come."""

from __future__ import annotations

from typing import Any

from api.access import Connection
from api.errors import ApiProblem
from api.times import iso
from storage.instants import from_datetime
from storage.patrol_tasks import list_tasks

Row = dict[str, Any]
FAILURES = ("failed", "message_error", "unsupported", "unsupported_command", "too_long")


async def task_of(
    conn: Connection,
    organisations: list[int],
    task_id: int,
    now_us: int,
    *,
    device_id: int | None = None,
) -> Row:
    """A visible task, of this inspector. Raises ApiProblem not_found."""
    rows = await list_tasks(conn, organisations, {"id": task_id, "device_id": device_id}, 1)
    if not rows:
        raise ApiProblem("not_found")
    return shown_task(rows[0], now_us)


def shown_task(row: Row, now_us: int) -> Row:
    """The task of docs/api.md."""
    place = None
    if row["longitude_e6"] is not None:
        place = {"longitude": row["longitude_e6"] / 1e6, "latitude": row["latitude_e6"] / 1e6}
    times = ("deadline", "created_at", "delivered_at", "read_at", "done_at", "cancelled_at")
    state = _state(row)
    ended = state in ("done", "cancelled") or (row["kind"] == "message" and state == "read")
    late = row["deadline"] is not None and from_datetime(row["deadline"]) < now_us
    return row | {name: iso(row[name]) for name in times} | {
        "place": place, "state": state, "overdue": late and not ended,
    }  # fmt: skip


def _state(row: Row) -> str:
    """The farthest that it has come."""
    for column, state in (
        ("cancelled_at", "cancelled"), ("done_at", "done"), ("read_at", "read"),
        ("delivered_at", "delivered"),
    ):  # fmt: skip
        if row[column] is not None:
            return state
    if row["command_result"] in FAILURES:
        return "failed"
    known: str = row["command_state"] or "expired"
    return "sent" if known == "answered" else known
