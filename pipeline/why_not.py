"""Why-not over what is stored: nearest snapshot before, positions since, the engine again.

Read only; the engine's part runs in a thread, for it may replay a day.
"""

from __future__ import annotations

import asyncio

import msgspec

from model.rulebook import Device
from pipeline.replay import NO_SNAPSHOT_LOOKBACK_US
from rules.owed import DutyKind
from rules.registry import kinds_by_name
from rules.state import DeviceState, decode
from rules.why_due import LOOK_US
from rules.why_not import LOOK_AHEAD_US, Question, Run, overlaid, why_not, why_not_between
from rules.why_not_words import Answer, answer
from storage.database import Connection
from storage.failing import failure_of
from storage.judgement import snapshot_before
from storage.rulebook import load_rulebook
from storage.tracks import positions_of
from storage.why_not import committed_until, raised_at, raised_between


async def ask_why_not(conn: Connection, device: Device, rule_id: int, at_us: int) -> Answer:
    """The first thing that stood against a violation. Raises LookupError: no such rule."""
    raised = await raised_at(conn, device.id, rule_id, at_us)
    if raised is not None and raised.stands:
        code = "raised" if raised.storm_id is None else "inhibited"
        found = answer(code, violation=raised.id, storm=raised.storm_id)
        return msgspec.structs.replace(found, violation_id=raised.id)
    failed = await failure_of(conn, rule_id, at_us)
    if failed is not None:
        return answer("rule_failing", error=failed)
    found = await asyncio.to_thread(
        why_not, await _question(conn, device, rule_id, at_us), kinds_by_name()
    )
    if raised is None:
        return found
    withdrawn = answer("withdrawn", violation=raised.id, zh=found.zh, en=found.en)
    return msgspec.structs.replace(
        found, code="withdrawn", zh=withdrawn.zh, en=withdrawn.en, violation_id=raised.id
    )


async def ask_why_not_between(
    conn: Connection, device: Device, rule_id: int, period_us: tuple[int, int]
) -> list[Run]:
    """The answers over [from, to), each until the next; where a violation was raised, that. Raises
    LookupError: no such rule."""
    question = await _question(conn, device, rule_id, *period_us)
    runs = await asyncio.to_thread(why_not_between, question, kinds_by_name())
    for id_, stands, from_us, to_us in await raised_between(conn, device.id, rule_id, period_us):
        begin_us, end_us = max(from_us, period_us[0]), min(to_us + 1, period_us[1])
        said = next((run.answer for run in runs if run.to_us > begin_us), None)
        found = answer("raised", violation=id_)
        if not stands:
            zh, en = (said.zh, said.en) if said else ("", "")
            found = answer("withdrawn", violation=id_, zh=zh, en=en)
        found = msgspec.structs.replace(found, violation_id=id_)
        runs = overlaid(runs, begin_us, end_us, found)
    return runs


async def _question(
    conn: Connection, device: Device, rule_id: int, at_us: int, until_us: int = 0
) -> Question:
    rulebook = await load_rulebook(conn, at_us)
    own = {rule.kind for rule in rulebook.rules if rule.id == rule_id}
    owes = any(isinstance(kinds_by_name().get(name), DutyKind) for name in own)
    # Strictly before, so that the fix at hand is always asked itself; a duty is asked whole.
    before_us, ahead_us = (at_us - LOOK_US, LOOK_US) if owes else (at_us, LOOK_AHEAD_US)
    end_us = max(at_us, until_us) + ahead_us
    start = await snapshot_before(conn, device.id, before_us)
    after_us = start[0] if start else before_us - NO_SNAPSHOT_LOOKBACK_US
    state = decode(start[1]) if start else DeviceState()
    rows = await positions_of(conn, device.id, after_us + 1, end_us)
    if start and not len(rows[rows["time_us"] <= at_us]):
        # The last fix is the snapshot's own: go on from an earlier one.
        start = await snapshot_before(conn, device.id, start[0])
        after_us = start[0] if start else at_us - NO_SNAPSHOT_LOOKBACK_US
        state = decode(start[1]) if start else DeviceState()
        rows = await positions_of(conn, device.id, after_us + 1, end_us)
    return Question(
        rulebook=rulebook,
        device=device,
        rule_id=rule_id,
        at_us=at_us,
        state=state,
        rows=rows,
        known_until_us=await committed_until(conn),
        until_us=until_us,
    )
