"""0x0100 is complete and answered by 0x8100."""

from __future__ import annotations

from simulators.conform.platform import LOG_IN, REGISTER, Platform, is_message
from simulators.conform.record import Await, Course, Event, Heard, Step, failed, passed

_NEEDED = ("province", "city", "maker_id", "model", "terminal_id", "plate_color", "plate")


def _run(platform: Platform) -> Course:
    first = yield Await(is_message(REGISTER, LOG_IN), platform.pace.connect_s)
    if first is None:
        return failed("终端没有连接", "the terminal did not connect")
    heard: Event | None = first
    if isinstance(first, Heard) and first.message_id == LOG_IN:
        # It holds a code of another platform, which we have refused: it should ask for a new one.
        heard = yield Await(is_message(REGISTER), platform.pace.answer_s)
    if not isinstance(heard, Heard):
        platform.any_code = True
        platform.hang_up(1)
        return failed(
            "鉴权码被拒后没有重新注册", "it did not register after its old code was refused"
        )
    missing = [name for name in _NEEDED if name not in heard.values]
    if missing:
        return failed(f"缺少字段 {missing}", f"fields are missing: {missing}")
    size, edition = len(heard.body), platform.edition
    plate = heard.values["plate"]
    if not plate:
        return failed("车牌（或VIN）为空", "the plate (or VIN) is empty")
    return passed(
        f"{edition}版格式，消息体{size}字节，车牌 {plate}",
        f"edition {edition}, body of {size} bytes, plate {plate}",
    )


STEP = Step(
    "registration",
    ("8.5", "8.8"),
    "首次连接时发送终端注册0x0100，字段完整",
    "On first contact the terminal registers (0x0100) with all fields",
    _run,
    needs_log_in=False,
)
