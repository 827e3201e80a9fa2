"""A package that 0x8800 asks for again is sent again."""

from __future__ import annotations

from simulators.conform.platform import MEDIA, Platform
from simulators.conform.record import Await, Course, Event, Heard, Step, failed, not_tested, passed

LOST = 2


def _run(platform: Platform) -> Course:
    packages: list[Heard] = platform.notes.get("packages", [])
    media_ids = list(platform.media)
    if len(packages) < LOST:
        for media_id in media_ids:
            platform.confirm(media_id)
        return not_tested("没有分包上传的照片", "no photo came in several packages")
    platform.send(0x8800, {"media_id": media_ids[0], "retransmit": [LOST]})

    def is_lost_one(event: Event) -> bool:
        return (
            isinstance(event, Heard)
            and event.message_id == MEDIA
            and event.header.package_index == LOST
        )

    again = yield Await(is_lost_one, platform.pace.answer_s)
    for media_id in media_ids:
        platform.confirm(media_id)
    if not isinstance(again, Heard):
        return failed("要求重传的分包没有重传", "the package was not sent again")
    if again.body != packages[LOST - 1].body:
        return failed("重传的分包内容不同", "it was sent again with another content")
    return passed("第2包已重传", "package 2 was sent again")


STEP = Step(
    "lost_package",
    ("8.53", "8.52"),
    "按0x8800的重传列表重传分包",
    "It sends packages again that 0x8800 asks for",
    _run,
)
