"""Climbing the ladder: each due step tells its recipient, or says why nobody need be told."""

from __future__ import annotations

from collections.abc import Callable

from storage.commands import queue_command
from storage.instants import from_datetime
from storage.ladder import (
    Connection,
    DueStep,
    due_steps,
    incident_told,
    note_step,
    tell_audience,
)

WarningText = Callable[[str, str | None], str]  # of a rule kind and a plate


def stopped_by(step: DueStep, now_us: int, news_us: int) -> str | None:
    """Why a step is not taken any more; None: it is."""
    if step.finding == "withdrawn":
        return "withdrawn"
    if step.status != "open":
        return step.status
    if step.storm_id is not None:
        return "inhibited"
    if step.unless_ended and step.ended_at is not None:
        return "ended"
    if now_us - from_datetime(step.due_at) > news_us:
        return "too_old"  # nobody was there to climb
    return None


async def climb(
    conn: Connection, now_us: int, news_us: int, warning_text: WarningText
) -> tuple[list[int], list[int]]:
    """Take the steps that are due, in one transaction: ids of the violations, and of the
    commands to terminals that this queued."""
    commands: list[int] = []
    steps = sorted(await due_steps(conn, now_us), key=lambda s: (s.incident_id or 0, s.due_at))
    for step in steps:
        reason = stopped_by(step, now_us, news_us)
        if reason is not None:
            await note_step(conn, step, "stopped", reason, now_us)
        elif step.recipient == "team" and await incident_told(conn, step):
            await note_step(conn, step, "grouped", "incident", now_us)
        else:
            if step.recipient == "driver":
                commands.append(await _text_driver(conn, step, now_us, warning_text))
            else:
                await tell_audience(conn, step.violation_id, step.recipient, now_us)
            await note_step(conn, step, "done", None, now_us)
    return [step.violation_id for step in steps], commands


async def _text_driver(
    conn: Connection, step: DueStep, now_us: int, warning_text: WarningText
) -> int:
    text = warning_text(step.kind, step.plate)
    return await queue_command(
        conn,
        organisation_id=step.organisation_id,
        device_id=step.device_id,
        violation_id=step.violation_id,
        kind="text",
        body={"text": text, "flags": ["emergency", "display", "tts"]},
        created_by=None,
        now_us=now_us,
    )
