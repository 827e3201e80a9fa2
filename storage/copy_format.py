"""Rows as PostgreSQL's binary COPY wants them, built for a whole batch at once.

A tuple is its field count (int16) and for each field a length (int32) and the value, big-endian
(PostgreSQL manual, "COPY", binary format). A batch becomes one structured array in which the
lengths stand between the columns: one assignment a column, one `tobytes`. Only rows with
attributes, whose length differs, are spliced. `position_row` says the same a row at a time.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.frames import RawFrame
from model.position import POSITION_DTYPE, PositionBatch, Rows, empty_rows
from storage.instants import POSTGRES_EPOCH_US

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_JSONB_VERSION = b"\x01"

_NAMES = POSITION_DTYPE.names or ()
POSITION_COLUMNS = (*(name.replace("time_us", "time") for name in _NAMES), "attributes")
JOURNAL_COLUMNS = ("id", "tick", "rows", "device_ids", "from_times")
FRAME_COLUMNS = ("device_id", "time", "until", "received_at", "protocol", "frame")


def _interleaved() -> np.dtype[np.void]:
    """The tuple's layout: count, then length and big-endian value of each column."""
    layout: list[tuple[str, str]] = [("field_count", ">i2")]
    for name in _NAMES:
        layout += [(f"{name} length", ">i4"), (name, f">i{POSITION_DTYPE[name].itemsize}")]
    return np.dtype([*layout, ("attributes length", ">i4")])


_TUPLE = _interleaved()
_LENGTHS = {f"{name} length": POSITION_DTYPE[name].itemsize for name in _NAMES}


def copy_payload(batch: PositionBatch) -> bytes:
    """The whole COPY stream of a batch, in order, for POSITION_COLUMNS."""
    tuples = np.empty(len(batch), _TUPLE)
    tuples["field_count"] = len(POSITION_COLUMNS)
    for name, length in _LENGTHS.items():
        tuples[name] = length
    for name in _NAMES:
        tuples[name] = batch.rows[name]
    tuples["time_us"] -= POSTGRES_EPOCH_US
    tuples["attributes length"] = -1
    fixed = tuples.tobytes()
    if not any(batch.attributes):
        return b"".join((HEADER, fixed, TRAILER))
    return b"".join((HEADER, *_splice(fixed, batch.attributes), TRAILER))


def _splice(fixed: bytes, attributes: list[str | None]) -> Iterable[bytes]:
    """Fixed tuples with the null of each row that has attributes replaced by them."""
    done = 0
    for index, text in enumerate(attributes):
        if text:
            end = (index + 1) * _TUPLE.itemsize
            yield fixed[done : end - len(_NULL)]
            yield _jsonb(text)
            done = end
    yield fixed[done:]


def _jsonb(text: str) -> bytes:
    """A jsonb field; what is no JSON is for the server to refuse."""
    encoded = text.encode("utf-8", "replace")
    return (len(encoded) + 1).to_bytes(4, "big") + _JSONB_VERSION + encoded


def position_row(row: np.void, attributes: str | None) -> bytes:
    """The plain version: one tuple of the stream."""
    parts = [struct.pack(">h", len(POSITION_COLUMNS))]
    for name in _NAMES:
        value = int(row[name])
        if name == "time_us":
            value -= POSTGRES_EPOCH_US
        length = POSITION_DTYPE[name].itemsize
        parts.append(struct.pack(">i", length) + value.to_bytes(length, "big", signed=True))
    parts.append(_jsonb(attributes) if attributes else _NULL)
    return b"".join(parts)


_FRAME_HEAD = struct.Struct(">hiiiqiqiq")
_FIELD_LENGTH = struct.Struct(">i")


def frames_payload(frames: Iterable[RawFrame]) -> bytes:
    """The whole COPY stream of raw frames, for FRAME_COLUMNS."""
    parts = [HEADER]
    names: dict[str, bytes] = {}
    head, length = _FRAME_HEAD.pack, _FIELD_LENGTH.pack
    for frame in frames:
        name = names.get(frame.protocol)
        if name is None:
            encoded = frame.protocol.encode()
            name = names[frame.protocol] = length(len(encoded)) + encoded
        first, last = frame.time_us - POSTGRES_EPOCH_US, frame.until_us - POSTGRES_EPOCH_US
        received = frame.received_us - POSTGRES_EPOCH_US
        parts += (
            head(len(FRAME_COLUMNS), 4, frame.device_id, 8, first, 8, last, 8, received),
            name,
            length(len(frame.frame)),
            frame.frame,
        )
    parts.append(TRAILER)
    return b"".join(parts)


_JOURNAL_HEAD = struct.Struct(">hiqiqii")
_INT4_OID, _TIMESTAMPTZ_OID = 23, 1184


def journal_payload(
    journal_id: int, tick_us: int, count: int, devices: NDArray[Any], earliest_us: NDArray[Any]
) -> bytes:
    """The COPY stream of one journal row, for JOURNAL_COLUMNS: a thousand devices cost a
    millisecond less than as lists."""
    times = earliest_us.astype(np.int64) - POSTGRES_EPOCH_US
    head = _JOURNAL_HEAD.pack(
        *(len(JOURNAL_COLUMNS), 8, journal_id),
        *(8, tick_us - POSTGRES_EPOCH_US),
        *(4, count),
    )
    ids = _array(devices, _INT4_OID, ">i4")
    return b"".join((HEADER, head, ids, _array(times, _TIMESTAMPTZ_OID, ">i8"), TRAILER))


def _array(values: NDArray[Any], oid: int, kind: str) -> bytes:
    """A one-dimensional array field: dimensions, nulls, type, length, lower bound, elements."""
    elements = np.empty(len(values), [("length", ">i4"), ("value", kind)])
    elements["length"] = np.dtype(kind).itemsize
    elements["value"] = values
    shape = (1, 0, oid, len(values), 1) if len(values) else (0, 0, oid)
    body = struct.pack(f">{len(shape)}i", *shape) + elements.tobytes()
    return len(body).to_bytes(4, "big") + body


_SEND = {2: "int2send", 4: "int4send", 8: "int8send"}
# For a query over positions p: each column as one value, of which parse_columns makes rows. Half
# the bytes of array_agg, and two thirds of its time.
COLUMN_VALUES = {
    name: f"string_agg({_SEND[POSITION_DTYPE[name].itemsize]}(p.{name}), '')" for name in _NAMES
} | {"time_us": "string_agg(timestamptz_send(p.time), '')"}


def parse_columns(values: Sequence[bytes | None], names: Sequence[str] = _NAMES) -> Rows:
    """POSITION_DTYPE rows of COLUMN_VALUES, binary; all None: no rows. Columns that are not among
    the names are unknown."""
    count = len(values[0] or b"") // POSITION_DTYPE[names[0]].itemsize
    rows = empty_rows(count)
    for name, value in zip(names, values, strict=True):
        if count and value is not None:
            rows[name] = np.frombuffer(value, f">i{POSITION_DTYPE[name].itemsize}")
    rows["time_us"] += POSTGRES_EPOCH_US
    return rows
