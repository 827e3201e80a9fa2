"""0x8300 is acknowledged."""

from __future__ import annotations

from simulators.conform.platform import Platform, is_ack
from simulators.conform.record import Await, Course, Heard, Step, Verdict, failed, passed

TEXT = 0x8300
SHOW_AND_SPEAK = 0b1100
NOTICE = 1


def tell(platform: Platform, words: str) -> range:
    """Send a text; the serials of its packages."""
    return platform.send(TEXT, {"flags": SHOW_AND_SPEAK, "text_type": NOTICE, "text": words})


def judged(heard: object) -> Verdict:
    """What to say of the answer to a text."""
    if not isinstance(heard, Heard):
        return failed("没有应答0x0001", "no 0x0001 that names it")
    result = heard.values["result"]
    if result:
        return failed(f"应答结果为 {result}", f"it answers with result {result}")
    return passed("应答成功", "it answers with success")


def _run(platform: Platform) -> Course:
    serials = tell(platform, "巡迹终端检测")
    return judged((yield Await(is_ack(TEXT, serials), platform.pace.answer_s)))


STEP = Step(
    "text",
    ("8.23", "8.27"),
    "文本信息下发0x8300应答0x0001",
    "It answers 0x8300 (text to the driver) by 0x0001",
    _run,
)
