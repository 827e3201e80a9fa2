"""What is frozen when a violation closes: all that shows it, and all that it was made from."""

from __future__ import annotations

from typing import Any

import msgspec

from api.access import Connection
from api.evidence.card import AROUND_US, Period, compose_evidence
from api.evidence.replay import encode_case, finding_of, gather
from api.status import server_version
from api.times import iso, iso_us
from api.violation_view import violation_json
from model.frames import RawFrame
from storage.raw_frames import raw_frames_of
from storage.violations import rule_version

Row = dict[str, Any]
MAX_RAW_FRAMES = 1_000  # around the episode; the card shows three of them taken apart
# The finding itself, as it stood when the evidence was frozen.
_FINDING = ("id", "rule", "started_at", "ended_at", "last_at", "duration_s", "measures", "severity")
_SENTENCES = ("sentence_zh", "sentence_en", "device", "longitude", "latitude", "late", "finding")
_WHO = ("organisation", "responsible_organisation", "repeat")
_OUTCOME = (
    *("status", "taken_by", "taken_at", "closed_by", "closed_at", "result", "reason", "note"),
    "raised_at",
)


async def frozen_content(conn: Connection, row: Row) -> Row:
    """A pack: the card's evidence, the finding, the rule, raw frames, and what replays it."""
    rule = await rule_version(conn, row["rule_id"], row["rule_version"])
    case, reproduced = await gather(conn, row)
    shown = violation_json(row)
    period = Period.of(row)
    frames = await raw_frames_of(
        conn,
        row["device_id"],
        period.start_us - AROUND_US,
        period.end_us + AROUND_US,
        MAX_RAW_FRAMES,
    )
    return {
        **await compose_evidence(conn, row),
        "made_by": f"xunji {server_version()}",
        "violation": {name: shown[name] for name in (*_FINDING, *_SENTENCES, *_WHO, *_OUTCOME)},
        "rule": None if rule is None else {k: _plain(v) for k, v in rule.items()},
        "raw_frames": [_frame(frame) for frame in frames],
        "finding": msgspec.to_builtins(finding_of(row)),
        "replay": encode_case(case, reproduced),
    }


def _frame(frame: RawFrame) -> Row:
    return {
        "time": iso_us(frame.time_us),
        "until": iso_us(frame.until_us),
        "received_at": iso_us(frame.received_us),
        "protocol": frame.protocol,
        "hex": frame.frame.hex(),
    }


def _plain(value: Any) -> Any:
    return iso(value) if hasattr(value, "astimezone") else value
