"""A serial is used once: only the same frame may come again under it."""

from __future__ import annotations

from simulators.conform.platform import Platform
from simulators.conform.record import Course, Step, failed, passed

SHOWN = 5


def _run(platform: Platform) -> Course:
    yield from ()  # it waits for nothing
    found = platform.repeated
    if found:
        first = ", ".join(found[:SHOWN])
        return failed(f"流水号重复：{first}", f"serials used twice: {first}")
    return passed("流水号无重复", "no serial was used twice")


STEP = Step(
    "serials",
    ("4.4.3", "4.4.3"),
    "消息流水号循环累加，不重复",
    "Serials count up and are not used twice",
    _run,
)
