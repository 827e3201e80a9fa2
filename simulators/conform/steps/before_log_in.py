"""Nothing is sent before the log-in but the registration."""

from __future__ import annotations

from simulators.conform.platform import Platform
from simulators.conform.record import Course, Step, failed, passed

SHOWN = 5


def _run(platform: Platform) -> Course:
    yield from ()  # it waits for nothing
    found = platform.early
    if found:
        first = ", ".join(found[:SHOWN])
        return failed(f"鉴权前发送了：{first}", f"before its log-in it sent: {first}")
    return passed("鉴权前没有其他消息", "nothing else came before")


STEP = Step(
    "before_log_in",
    ("5.1", "5.1"),
    "鉴权成功前不发送其他消息",
    "Before it is authenticated it sends nothing else",
    _run,
)
