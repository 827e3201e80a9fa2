"""0x0102 with the code that 0x8100 gave."""

from __future__ import annotations

from simulators.conform.platform import CODE, LOG_IN, Platform, is_message
from simulators.conform.record import Await, Course, Heard, Step, failed, passed


def _run(platform: Platform) -> Course:
    heard = yield Await(is_message(LOG_IN), platform.pace.answer_s)
    if not isinstance(heard, Heard):
        return failed("注册后没有发送0x0102", "no 0x0102 after the registration")
    code = heard.values.get("token")
    if code != CODE and not platform.any_code:
        return failed(
            f"鉴权码是 {code!r}，不是平台下发的 {CODE!r}",
            f"the code is {code!r}, not {CODE!r} that it was given",
        )
    return passed("用下发的鉴权码登录", "it logs in with the code it was given")


STEP = Step(
    "authentication",
    ("8.8", "8.11"),
    "注册成功后用平台下发的鉴权码发送0x0102",
    "After its registration it authenticates (0x0102) with the code from 0x8100",
    _run,
    needs_log_in=False,
)
