"""Where the location bodies stand in many joined frames, and which frames are refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.contract import ProtocolError
from protocols.jt808.framing import MIN_FRAME_BYTES
from protocols.jt808.header import LENGTH_MASK, SUB_PACKAGE, VERSION_FLAG
from protocols.jt808.location import BASIC_BYTES

LOCATION, LOCATION_ANSWER, LOCATION_BATCH = 0x0200, 0x0201, 0x0704
REPORT_IDS = (LOCATION, LOCATION_ANSWER, LOCATION_BATCH)
_BATCH_HEAD_BYTES = 3  # count WORD, type BYTE
Places = NDArray[np.intp]


@dataclass(slots=True)
class Bodies:
    """Bodies [start, end) in `data`, their reports, and which are their report's only one."""

    data: NDArray[np.uint8]
    start: Places
    end: Places
    report: Places
    single: NDArray[np.bool_]
    bad: dict[int, ProtocolError]


def find_bodies(frames: Sequence[bytes]) -> Bodies:
    """Bodies of location frames (unescaped, checksum included), in order."""
    bad: dict[int, ProtocolError] = {}
    report = np.arange(len(frames))
    lengths = np.fromiter(map(len, frames), np.intp, len(frames))
    if len(frames) and lengths.min() < MIN_FRAME_BYTES:
        report = _refuse(bad, report, lengths >= MIN_FRAME_BYTES, "short", "no whole header")
        frames = [frames[i] for i in report.tolist()]
        lengths = lengths[report]
    data = np.frombuffer(b"".join(frames), np.uint8)
    frame_at = np.cumsum(lengths) - lengths
    if frames:
        holds = np.bitwise_xor.reduceat(data, frame_at) == 0
        if not holds.all():
            report = _refuse(bad, report, holds, "checksum", "the XOR over the frame is not 0")
            frame_at, lengths = frame_at[holds], lengths[holds]
    return _locate(data, frame_at, lengths, report, bad)


def _refuse(
    bad: dict[int, ProtocolError],
    report: Places,
    good: NDArray[np.bool_],
    reason: str,
    detail: str,
) -> Places:
    for place in report[~good].tolist():
        bad[place] = ProtocolError(reason, detail)
    return report[good]


def _locate(
    data: NDArray[np.uint8],
    frame_at: Places,
    lengths: Places,
    report: Places,
    bad: dict[int, ProtocolError],
) -> Bodies:
    message_id = data[frame_at].astype(np.intp) << 8 | data[frame_at + 1]
    start = frame_at + _header_bytes(data, frame_at, lengths)
    end = frame_at + lengths - 1
    single = message_id == LOCATION
    if not single.all():
        start, end, report, single = _expand(data, (message_id, start, end, report), bad)
    whole = end - start >= BASIC_BYTES
    if not whole.all():
        _refuse(bad, report, whole, "body_short", f"a location has {BASIC_BYTES} bytes")
        start, end, report, single = start[whole], end[whole], report[whole], single[whole]
    return Bodies(data, start, end, report, single, bad)


def _header_bytes(data: NDArray[np.uint8], frame_at: Places, lengths: Places) -> Places:
    """As `header.header_bytes`, for all frames: the flag proposes, arithmetic decides."""
    properties = data[frame_at + 2].astype(np.intp) << 8 | data[frame_at + 3]
    item = np.where(properties & SUB_PACKAGE, 4, 0)
    flagged = np.where(properties & VERSION_FLAG, 17, 12)
    closing = lengths - 1 - (properties & LENGTH_MASK) - item
    other = 29 - flagged
    return np.where(closing == other, other, flagged) + item


def _expand(
    data: NDArray[np.uint8],
    frames: tuple[Places, Places, Places, Places],
    bad: dict[int, ProtocolError],
) -> tuple[Places, Places, Places, NDArray[np.bool_]]:
    """Bodies of answers and batches, which stand deeper in their frames.

    `frames`: message ids, body starts, body ends and reports.
    """
    found: list[tuple[int, int, int, bool]] = []
    columns = (column.tolist() for column in frames)
    for kind, body_at, body_end, place in zip(*columns, strict=True):
        if kind == LOCATION_BATCH:
            items, damaged = _batch_items(data, body_at, body_end)
            found.extend((item_at, item_end, place, False) for item_at, item_end in items)
            if damaged:
                bad[place] = ProtocolError("items_damaged", f"after {len(items)} good locations")
        elif kind == LOCATION_ANSWER:
            # 2011 has no serial before the location; only a bare location tells.
            skip = 0 if body_end - body_at == BASIC_BYTES else 2
            found.append((body_at + skip, body_end, place, True))
        elif kind == LOCATION:
            found.append((body_at, body_end, place, True))
        else:
            bad[place] = ProtocolError("not_a_report", f"message 0x{kind:04X} has no location")
    table = np.array(found, np.intp).reshape(-1, 4)
    return table[:, 0], table[:, 1], table[:, 2], table[:, 3].astype(np.bool_)


def _batch_items(
    data: NDArray[np.uint8], body_at: int, body_end: int
) -> tuple[list[tuple[int, int]], bool]:
    """Spans of a batch's locations to the end of its body, and whether the rest is damaged.

    The count is not asked: some terminals write a wrong one.
    """
    items: list[tuple[int, int]] = []
    at = body_at + _BATCH_HEAD_BYTES
    while at + 2 + BASIC_BYTES <= body_end:
        size = int(data[at]) << 8 | int(data[at + 1])
        item_end = at + 2 + size
        if size < BASIC_BYTES or item_end > body_end:
            return items, True
        items.append((at + 2, item_end))
        at = item_end
    return items, at != body_end or not items
