"""A message in two packages is put together and acknowledged."""

from __future__ import annotations

from simulators.conform.platform import Platform, is_ack
from simulators.conform.record import Await, Course, Step
from simulators.conform.steps.text import TEXT, judged, tell

LONGEST = "巡迹长文检测文本" * 64  # 1,024 bytes in GBK: one package too short


def _run(platform: Platform) -> Course:
    serials = tell(platform, LONGEST)
    return judged((yield Await(is_ack(TEXT, serials), platform.pace.answer_s)))


STEP = Step(
    "long_text",
    ("4.4.3, 7.12", "4.4.3, 7.12"),
    "平台分包下发的消息能合并并应答",
    "It joins a message that comes in sub-packages, and answers it",
    _run,
)
