"""Case tables of the kinds that judge shifts: one inspector, one shift, a fix a minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from model.fences import Fence, Shift
from model.position import FixSource, Rows
from model.rulebook import Rulebook
from model.signals import NO
from tests.rules.kinds.city import Fix, assign, rows_of, square, when
from tests.rules.kinds.owing import book_of

CELL = square(1, 0, 0, 200, tags=("grid",))
START_US, END_US = when("2026-03-02T08:00"), when("2026-03-02T12:00")
SHIFT = Shift(device_id=1, starts_us=START_US, ends_us=END_US)
THERE, ELSEWHERE = Fix(0, 0, speed=4, accuracy=8), Fix(900, 0, speed=4, accuracy=8)
LOST, POOR = replace(THERE, source=FixSource.NONE), replace(ELSEWHERE, accuracy=800)
OFF = replace(THERE, signals={"on_duty": NO})
SILENT = None


def book(
    kind: str,
    parameters: dict[str, float] | None = None,
    fences: Sequence[Fence] = (CELL,),
    purpose: str = "grid",
    **more: Any,
) -> Rulebook:
    """One rule, one shift from eight to twelve; the fences are assigned for good."""
    assigned = [assign(fence.id, purpose) for fence in fences]
    made = book_of(kind, fences, assigned, parameters)
    return msgspec.structs.replace(made, **({"shifts": (SHIFT,)} | more))


def morning(*runs: tuple[int, Fix | None]) -> Rows:
    """Runs of so many minutes from eight on, and a fix long after the shift's end."""
    minute, fixes, times = 0, [], []
    for minutes, fix in runs:
        for _ in range(minutes):
            minute += 1
            if fix is not None:
                fixes.append(fix)
                times.append(START_US + minute * 60_000_000)
    rows = rows_of([*fixes, ELSEWHERE])
    rows["time_us"] = np.array([*times, END_US + 3_600_000_000])
    return rows
