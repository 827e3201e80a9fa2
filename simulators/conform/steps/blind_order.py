"""Positions of an outage come in the order of their times."""

from __future__ import annotations

from itertools import pairwise

from simulators.conform.platform import Platform
from simulators.conform.record import Course, Step, failed, not_tested, passed


def _run(platform: Platform) -> Course:
    yield from ()  # it waits for nothing
    times = platform.notes.get("uploaded", [])
    if len(times) < 2:
        return not_tested("没有0x0704补传", "nothing was uploaded by 0x0704")
    backwards = sum(after < before for before, after in pairwise(times))
    if backwards:
        return failed(
            f"{len(times)} 个位置中 {backwards} 处时间倒退",
            f"the time goes backwards {backwards} times in {len(times)} positions",
        )
    return passed("按时间先后补传", "in the order of their times")


STEP = Step(
    "blind_order",
    ("8.49", "8.48"),
    "补传的位置按时间先后排列",
    "Uploaded positions come in the order of their times",
    _run,
)
