"""What goes to the writer beside positions: frames, and what was refused."""

from __future__ import annotations

from model.frames import Quarantined, RawFrame
from tests.storage.rows import NOON_US, SECOND_US


def frame_at(time_s: float, frame: bytes = b"\x02\x00", **changes: int) -> RawFrame:
    time_us = NOON_US + round(time_s * SECOND_US)
    given = {"device_id": 1, "until_us": time_us, **changes}
    return RawFrame(time_us=time_us, received_us=time_us, protocol="jt808", frame=frame, **given)


def refused(reason: str, **changes: object) -> Quarantined:
    given: dict[str, object] = {
        "received_us": NOON_US,
        "protocol": "jt808",
        "peer": "127.0.0.1:1",
        "identity": None,
        "device_id": None,
        "reason": reason,
        "detail": "",
        "frame": b"\x7e",
        **changes,
    }
    return Quarantined(**given)  # type: ignore[arg-type]
