"""The roll-call of the shifts that start at one time, with the words for each person's state."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

from api.access import Connection
from api.state import AppState
from api.times import iso, iso_us, microseconds
from model.fences import Shift
from rules.shift_report import shift_reports, thresholds
from rules.shift_start import Answer, Reason, Standing, answer_of, came
from storage.shift_starts import lost_together, people_of_start
from storage.tracks import positions_of_many

Row = dict[str, Any]
# Whoever was not there so long after the start is judged by that time; that somebody came later
# still is known from the summary of the shift.
JUDGED_US = 3_600_000_000
WORDS: dict[Reason, tuple[str, str]] = {
    "in_time": ("按时到岗。", "There in time."),
    "after": ("上班 {minutes} 分钟后到岗。", "There {minutes} min after the start."),
    "when_unknown": (
        "已到岗，此前信号不足，何时到岗未知。",
        "There; too little was heard before to know since when.",
    ),
    "leave": ("请假。", "On leave."),
    "not_due": (
        "上班未满 {limit} 分钟，尚未到岗。",
        "Not there yet; late only {limit} min after the start.",
    ),
    "silent": ("上班以来没有任何上报。", "Nothing heard since the start."),
    "elsewhere": (
        "有上报，但一直在责任网格之外。",
        "Heard of, but outside the assigned grid all the time.",
    ),
    "no_position": ("有上报，但没有可用的定位。", "Heard of, but without a position that will do."),
    "heard_little": ("收到的定位太少，无法判断。", "Too little was heard to tell."),
    "outage": ("服务器当时未能接收上报。", "The server itself heard nobody then."),
    "storm": (
        "与该区域大量终端同时失联，多为网络原因。",
        "Lost together with many handsets of the area: most likely the network.",
    ),
}


async def roll_call(
    state: AppState, conn: Connection, organisations: Sequence[int], starts_us: int, now_us: int
) -> Row:
    """Counts by state and a row a person (docs/api.md)."""
    people = await people_of_start(conn, organisations, starts_us)
    open_ = [row for row in people if row["leave_id"] is None and row["first_at"] is None]
    fresh = await _fresh(state, conn, open_, starts_us, now_us)
    answers = [fresh.get(row["device_id"]) or _known(row) for row in people]
    counts = Counter(answer.standing for answer in answers)
    return {
        "counts": {standing: counts[standing] for standing in get_args(Standing)},
        "people": [_entry(*pair, starts_us) for pair in zip(people, answers, strict=True)],
    }


async def _fresh(
    state: AppState, conn: Connection, people: Sequence[Row], starts_us: int, now_us: int
) -> dict[int, Answer]:
    """Answers by device for those of whom no summary says that they came."""
    until_us = min(now_us, starts_us + JUDGED_US)
    if not people or until_us < starts_us:
        return {row["device_id"]: Answer("expected", "not_due") for row in people}
    ids = [row["device_id"] for row in people]
    rulebook, index = await state.patrol_ground.read(conn, now_us)
    rows = await positions_of_many(conn, dict.fromkeys(ids, starts_us), until_us + 1)
    lost = await lost_together(conn, ids, starts_us, until_us)
    shifts = [
        Shift(device_id=row["device_id"], starts_us=starts_us, ends_us=microseconds(row["ends_at"]))
        for row in people
    ]
    reports = await asyncio.to_thread(shift_reports, rulebook, index, shifts, rows, until_us)
    return {
        report.shift.device_id: answer_of(
            report, until_us, rulebook.outages, in_storm=report.shift.device_id in lost
        )
        for report in reports
    }


def _known(row: Row) -> Answer:
    if row["leave_id"] is not None:
        return Answer("on_leave", "leave")
    return came(microseconds(row["first_at"]), row["late"])


def _entry(row: Row, answer: Answer, starts_us: int) -> Row:
    minutes = max(answer.came_us - starts_us, 0) // 60_000_000 if answer.came_us else None
    named = {"minutes": minutes, "limit": round(thresholds()["late_minutes"])}
    zh, en = (words.format(**named) for words in WORDS[answer.reason])
    swapped = row["planned_device_id"] != row["device_id"]
    leave = {
        "reason": row["leave_reason"], "note": row["leave_note"],
        "ends_at": iso(row["leave_ends_at"]),
    }  # fmt: skip
    planned = {"device_id": row["planned_device_id"], "name": row["planned_name"]}
    return {
        **{name: row[name] for name in ("device_id", "name", "organisation_id", "organisation")},
        "ends_at": iso(row["planned_ends_at"]),
        "state": answer.standing,
        "reason": answer.reason,
        "why_zh": zh,
        "why_en": en,
        "came_at": iso_us(answer.came_us) if answer.came_us else None,
        "after_min": minutes,
        "leave": leave if row["leave_id"] is not None else None,
        "instead_of": planned if swapped else None,
    }
