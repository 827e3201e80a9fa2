"""0x0901: what is compressed is taken as if it had come by itself."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from protocols.contract import Bad, Report, Told
from protocols.jt808 import Jt808Session, encode_frames
from protocols.jt808.compressed import MAX_UNPACKED_BYTES
from protocols.jt808.framing import unwrap
from tests.protocols.directory import Register
from tests.protocols.jt808.test_session import LOCATION, PHONE, log_in, only_reply

REPORT = encode_frames(0x0200, LOCATION, PHONE, 40)


def hear(data: bytes) -> list[Any]:
    session = Jt808Session(Register(PHONE))
    log_in(session)
    values = {"length": len(data), "data": data.hex()}
    return session.receive_data(encode_frames(0x0901, values, PHONE, 41), 0)


@pytest.mark.parametrize("inner", [REPORT, unwrap(REPORT[1:-1])], ids=["escaped", "plain"])
def test_a_report_within_is_a_report(inner: bytes) -> None:
    reply, report = hear(gzip.compress(inner))
    assert only_reply([reply])["result"] == 0
    assert isinstance(report, Report)
    assert report.frame == unwrap(REPORT[1:-1])


def test_anything_else_is_kept_unpacked() -> None:
    (told,) = hear(gzip.compress("油量 12".encode("gbk")))
    assert isinstance(told, Told)
    assert bytes.fromhex(told.values["unpacked"]).decode("gbk") == "油量 12"


@pytest.mark.parametrize(
    "data",
    [b"no gzip", gzip.compress(REPORT)[:-9], gzip.compress(bytes(MAX_UNPACKED_BYTES + 1))],
    ids=["other", "cut", "bomb"],
)
def test_what_cannot_be_unpacked_is_refused(data: bytes) -> None:
    bad, *replies = hear(data)
    assert isinstance(bad, Bad)
    assert bad.reason == "compressed"
    assert {only_reply([reply])["result"] for reply in replies} == {2}


def test_compressed_within_compressed_is_not_unpacked_again() -> None:
    inner = gzip.compress(REPORT)
    values = {"length": len(inner), "data": inner.hex()}
    (told,) = hear(gzip.compress(encode_frames(0x0901, values, PHONE, 40)))
    assert isinstance(told, Told)
