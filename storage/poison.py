"""Rows that the database refuses for their own sake: found by bisection, handed to quarantine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import numpy as np
import psycopg

from model.frames import Quarantined, RawFrame
from model.position import PositionBatch
from storage.database import Connection

Refused = Mapping[int, str] | Sequence[int]


async def sift(
    conn: Connection, count: int, attempt: Callable[[Sequence[int]], Awaitable[None]]
) -> dict[int, str]:
    """Indexes in range(count) that `attempt` cannot store, and why; stores nothing.

    A unique violation is no fault of a row: the slower way sorts it out.
    """
    refused: dict[int, str] = {}
    waiting: list[Sequence[int]] = [range(count)] if count else []
    while waiting:
        part = waiting.pop()
        try:
            async with conn.transaction(force_rollback=True):
                await attempt(part)
        except psycopg.errors.UniqueViolation:
            if len(part) == 1:
                continue
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(part) == 1:
                refused[part[0]] = (error.diag.message_primary or str(error)).strip()
                continue
        else:
            continue
        middle = len(part) // 2
        waiting += [part[middle:], part[:middle]]
    return refused


def without_rows(
    batch: PositionBatch, frames: Sequence[RawFrame], refused: Refused, reason: str
) -> tuple[PositionBatch, list[Quarantined]]:
    """The batch less the refused rows, and these rows as quarantine entries."""
    details = refused if isinstance(refused, Mapping) else dict.fromkeys(refused, "")
    keep = np.array([i for i in range(len(batch)) if i not in details], np.intp)
    return batch.take(keep), [
        _entry(batch, frames, index, reason, detail) for index, detail in details.items()
    ]


def _entry(
    batch: PositionBatch, frames: Sequence[RawFrame], index: int, reason: str, detail: str
) -> Quarantined:
    row = batch.rows[index]
    device_id, time_us = int(row["device_id"]), int(row["time_us"])
    source = next(
        (f for f in frames if f.device_id == device_id and f.time_us <= time_us <= f.until_us),
        None,
    )
    described = dict(zip(batch.rows.dtype.names or (), row.tolist(), strict=True))
    return Quarantined(
        received_us=time_us + int(row["delay_ms"]) * 1000,
        protocol=source.protocol if source else "unknown",
        peer="",
        identity=None,
        device_id=device_id,
        reason=reason,
        detail=f"{detail} {described} attributes {batch.attributes[index]}".strip(),
        frame=source.frame if source else b"",
    )
