"""0x8801 is answered by 0x0805, and the photo comes in sub-packages."""

from __future__ import annotations

from simulators.conform.platform import MEDIA, Platform, is_ack, is_message
from simulators.conform.record import (
    Await,
    Course,
    Event,
    Heard,
    Step,
    Verdict,
    failed,
    not_tested,
    passed,
)

SHOOT, ANSWER = 0x8801, 0x0805
JPEG, JPEG_HEAD = 0, "ffd8"
ORDER = {
    "channel": 1, "command": 1, "interval_s": 0, "save": 0, "resolution": 1, "quality": 5,
    "brightness": 128, "contrast": 64, "saturation": 64, "chroma": 128,
}  # fmt: skip
NO_CAMERA = not_tested("终端没有摄像头", "the terminal has no camera")


def _run(platform: Platform) -> Course:
    serials = platform.send(SHOOT, ORDER)
    refused = is_ack(SHOOT, serials)

    def is_answer(event: Event) -> bool:
        return is_message(ANSWER)(event) or refused(event)

    heard = yield Await(is_answer, platform.pace.answer_s)
    if not isinstance(heard, Heard):
        return failed("没有应答0x0805", "no 0x0805")
    if heard.values["result"]:
        return NO_CAMERA
    if heard.message_id == ANSWER and heard.values["ack_serial"] not in serials:
        return failed("应答流水号不对", "its answer names another serial")
    packages: list[Heard] = []
    while not (packages and packages[-1].values):
        package = yield Await(is_message(MEDIA), 2 * platform.pace.answer_s)
        if not isinstance(package, Heard):
            return failed("照片没有完整上传", "the photo did not come whole")
        packages.append(package)
    platform.notes["packages"] = packages
    return _judge(packages)


def _judge(packages: list[Heard]) -> Verdict:
    headers = [package.header for package in packages if package.header.package_total]
    ordered = [header.package_index for header in headers] == list(range(1, len(headers) + 1))
    first = headers[0].serial if headers else 0
    if not ordered or any(h.serial != (first + n) & 0xFFFF for n, h in enumerate(headers)):
        return failed("分包序号或流水号不连续", "package numbers or serials are not consecutive")
    data = packages[-1].values
    if data["format"] == JPEG and not data["data_head"].startswith(JPEG_HEAD):
        return failed("不是JPEG图像", "it is no JPEG picture")
    size = data["data_length"]
    return passed(f"{len(packages)} 个分包，{size} 字节", f"{len(packages)} packages, {size} bytes")


STEP = Step(
    "photo",
    ("8.52, 8.54, 8.55", "8.51, 8.53, 8.54"),
    "立即拍摄0x8801应答0x0805，照片用0x0801分包上传，序号与流水号连续",
    "It answers 0x8801 (shoot) by 0x0805 and uploads the photo by 0x0801 in consecutive packages",
    _run,
)
