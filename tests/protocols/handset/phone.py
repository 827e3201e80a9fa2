"""One handset, H1: its session, a payload of it, and what payloads decode to."""

from __future__ import annotations

from typing import Any

from protocols.handset import HANDSET, Fix, encode_fixes
from protocols.handset.rows import decode_reports
from protocols.handset.session import HandsetSession
from tests.protocols.directory import Register

NOW_MS = 1_790_000_000_000
ONE = encode_fixes(3, [Fix(t=NOW_MS, lon=121.4, lat=31.2)])


def session(*known: str) -> HandsetSession:
    return HANDSET.session_for(Register(*known), "H1")


def rows(payload: bytes) -> Any:
    decoded = decode_reports([payload])
    assert not decoded.bad
    return decoded.batch.rows
