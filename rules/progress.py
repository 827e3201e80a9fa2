"""The progress of one duty: what of its window was seen, beside what its kind folds in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rules.contract import Memory
from rules.owed import Duty, Seen
from rules.view import View


def begun(duty: Duty) -> Memory:
    """Of a duty of which nothing was seen yet."""
    return {"from_us": duty.from_us, "due_us": duty.due_us, "seen_us": 0, "heard_us": 0}


def steps_of(
    seen: Seen, times: Sequence[int], part: slice, progress: Memory
) -> list[tuple[int, Any]]:
    """The known fixes of one duty; why others are not known is noted."""
    known = seen.known[part]
    if not known.all():
        progress["doubt"] = str(seen.reasons[part][~known][-1])
    facts = zip(times[part], seen.facts[part], known.tolist(), strict=True)
    return [(time_us, fact) for time_us, fact, is_known in facts if is_known]


def hear(progress: Memory, duty: Duty, steps: Sequence[tuple[int, Any]], max_gap_us: float) -> None:
    """Count the time between fixes that are near enough; the window's start counts as one."""
    for time_us, _ in steps:
        gap_us = time_us - (progress["seen_us"] or duty.from_us)
        progress["heard_us"] += gap_us if gap_us <= max_gap_us else 0
        progress["seen_us"] = time_us


def known_share(duty: Duty, progress: Memory, max_gap_us: float) -> float:
    """Of the window; its end counts as a fix."""
    if not progress["seen_us"]:
        return 0.0
    rest_us = duty.due_us - progress["seen_us"]
    heard_us = progress["heard_us"] + (rest_us if rest_us <= max_gap_us else 0)
    return float(heard_us / max(duty.due_us - duty.from_us, 1))


def follow_one(
    duty: Duty,
    view: View,
    seen: Seen,
    fold: Callable[[Memory, Sequence[tuple[int, Any]]], None],
    max_gap_s: float,
) -> tuple[Memory, float]:
    """A duty over all rows of a view at once: its progress and known share, for reports."""
    progress = begun(duty)
    times = view.rows["time_us"].tolist()
    steps = steps_of(seen, times, slice(0, len(times)), progress)
    fold(progress, steps)
    hear(progress, duty, steps, max_gap_s * 1e6)
    return progress, known_share(duty, progress, max_gap_s * 1e6)
