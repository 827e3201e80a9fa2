"""Local time of the plan, and when things that break rules are due."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

DAY_S = 86_400
LOCAL_OFFSET_S = 8 * 3600  # the district lives in Asia/Shanghai, which has no summer time
HISTORY_EVERY_S = (7_800.0, 11_400.0)
LIVE_EVERY_S = (2_700.0, 4_500.0)

DayWindow = tuple[int, int]  # minutes of the local day, start <= end, every day


def local_second(origin_us: int, time_s: float) -> float:
    """Second of the local day at `time_s` after the plan's origin."""
    return (origin_us / 1e6 + time_s + LOCAL_OFFSET_S) % DAY_S


def within(windows: Sequence[DayWindow], second: float) -> bool:
    """Whether a second of the day lies in one of the windows."""
    return any(start * 60 <= second < end * 60 for start, end in windows)


def next_start_s(windows: Sequence[DayWindow], origin_us: int, time_s: float) -> float:
    """When the next window starts after `time_s` (seconds after the origin)."""
    second = local_second(origin_us, time_s)
    waits = [(start * 60 - second) % DAY_S for start, _ in windows]
    return time_s + min(waits)


def left_s(windows: Sequence[DayWindow], origin_us: int, time_s: float) -> float:
    """Seconds until the window that holds `time_s` closes; 0 outside."""
    second = local_second(origin_us, time_s)
    return max((end * 60 - second for s, end in windows if s * 60 <= second < end * 60), default=0)


@dataclass(slots=True)
class Appointments:
    """Times at which a unit does what its role is for, rare in history and often once live.

    `live_s`: the plan's second at which history ends (None: never); the first live appointment is
    `live_after_s` later (before it, when negative: an episode that is under way at that moment).
    `agenda`: exactly these times instead of chance; `kept` lists when what was due began.
    """

    chance: random.Random
    live_s: float | None
    live_after_s: float | None
    due_s: float = 0.0
    agenda: list[float] | None = None
    kept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.agenda is not None:
            self.due_s = self.agenda[0] if self.agenda else math.inf
            return
        self.due_s = self._next(self.chance.uniform(2_400.0, 7_200.0))

    def done(self, now_s: float) -> None:
        """The appointment was kept; the next one is set."""
        self.kept.append(now_s)
        if self.agenda is not None:
            rest = self.agenda[len(self.kept) :]
            self.due_s = rest[0] if rest else math.inf
            return
        self.due_s = self._next(max(now_s, self.due_s) + self._pause_s())

    def _pause_s(self) -> float:
        live = self.live_s is not None and self.due_s >= self.live_s - 900
        return self.chance.uniform(*(LIVE_EVERY_S if live else HISTORY_EVERY_S))

    def _next(self, wanted_s: float) -> float:
        """`wanted_s`, but never just before the live appointment, which must not be missed."""
        if self.live_s is None or self.live_after_s is None:
            return wanted_s
        first_live_s = self.live_s + self.live_after_s
        kept = self.due_s >= first_live_s
        return first_live_s if not kept and wanted_s > first_live_s - 5_400 else wanted_s
