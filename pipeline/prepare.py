"""From reports as they came to what one transaction stores: decode, accept, drop duplicates.

All reports of a protocol are decoded in one columnar call; everything after it is columns too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import structlog
from numpy.typing import NDArray

from model.frames import Quarantined, RawFrame
from model.position import PositionBatch, Rows, empty_rows
from pipeline.acceptance import ACCEPTED, REASONS, Window, distrust_null_island, refusals
from pipeline.contract import Pending
from pipeline.duplicates import RecentReports
from protocols.contract import Decoded, KnownDevice, ProtocolError, TerminalProtocol

_log = structlog.get_logger(__name__)
_DELAY_LIMIT_MS = 2**31 - 1


@dataclass(slots=True)
class Prepared:
    """What one commit stores; `errors[i]`: report i is wholly refused (and quarantined)."""

    batch: PositionBatch
    frames: list[RawFrame]
    quarantined: list[Quarantined]
    errors: dict[int, ProtocolError]
    duplicates: int = 0


@dataclass(slots=True)
class Preparation:
    """How reports are prepared. `actual_device`: ids given out too early -> registered device.
    `off_shift`: which rows nobody may collect."""

    recent: RecentReports
    retention_us: int
    keep_frames: bool = True
    actual_device: dict[int, KnownDevice] = field(default_factory=dict)
    off_shift: Callable[[Rows], NDArray[np.bool_]] | None = None

    def prepare(self, reports: Sequence[Pending], now_us: int) -> Prepared:
        """One commit's worth of reports, in the order in which they came."""
        window = Window.around(now_us, self.retention_us)
        prepared = Prepared(PositionBatch(empty_rows(0)), [], [], {})
        batches: list[PositionBatch] = []
        origins: list[NDArray[np.intp]] = []
        for places in _by_protocol(reports).values():
            batch, origin = self._decode(reports, np.array(places, np.intp), window, prepared)
            batches.append(batch)
            origins.append(origin)
        if batches:
            joined, origin = PositionBatch.join(batches), np.concatenate(origins)
            fresh = self.recent.fresh(joined)
            prepared.duplicates = len(joined) - len(fresh)
            if self.off_shift is not None:  # what nobody may collect is acknowledged, and gone
                fresh = fresh[~self.off_shift(joined.rows[fresh])]
            prepared.batch = joined.take(fresh) if len(fresh) < len(joined) else joined
            if self.keep_frames:
                prepared.frames = _raw_frames(prepared.batch, origin[fresh], reports)
        return prepared

    def _decode(
        self,
        reports: Sequence[Pending],
        places: NDArray[np.intp],
        window: Window,
        prepared: Prepared,
    ) -> tuple[PositionBatch, NDArray[np.intp]]:
        group = [reports[place] for place in places.tolist()]
        decoded = decode_safely(group[0].protocol, [p.report.frame for p in group])
        devices = [self._device(p) for p in group]
        for index, error in decoded.bad.items():
            prepared.errors[int(places[index])] = error
            prepared.quarantined.append(_entry(group[index], devices[index], error))
        batch, origin = decoded.batch, decoded.report
        _fill(batch, origin, group, devices)
        refused = refusals(batch, window)
        distrust_null_island(batch.rows)
        if (refused != ACCEPTED).any():
            for index, error, wholly in _refused_reports(batch, origin, refused):
                prepared.quarantined.append(_entry(group[index], devices[index], error))
                if wholly:
                    prepared.errors[int(places[index])] = error
            kept = np.flatnonzero(refused == ACCEPTED)
            batch, origin = batch.take(kept), origin[kept]
        return batch, places[origin]

    def _device(self, pending: Pending) -> KnownDevice:
        device = pending.report.device
        return self.actual_device.get(device.device_id, device) if self.actual_device else device


def _by_protocol(reports: Sequence[Pending]) -> dict[str, list[int]]:
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for place, pending in enumerate(reports):
        groups[pending.protocol.name].append(place)
    return groups


def decode_safely(protocol: TerminalProtocol, frames: Sequence[bytes]) -> Decoded:
    """`decode_reports`; a frame that makes the decoder itself fail is found and refused."""
    try:
        return protocol.decode_reports(frames)
    except Exception as error:
        if len(frames) == 1:
            _log.exception("decoder_failed", protocol=protocol.name, frame=frames[0][:255].hex())
            refused = ProtocolError("decoder_failed", repr(error)[:500])
            return Decoded(PositionBatch(empty_rows(0)), np.empty(0, np.intp), {0: refused})
    middle = len(frames) // 2
    left = decode_safely(protocol, frames[:middle])
    right = decode_safely(protocol, frames[middle:])
    return Decoded(
        PositionBatch.join([left.batch, right.batch]),
        np.concatenate([left.report, right.report + middle]),
        left.bad | {index + middle: error for index, error in right.bad.items()},
    )


def _fill(
    batch: PositionBatch,
    origin: NDArray[np.intp],
    group: Sequence[Pending],
    devices: Sequence[KnownDevice],
) -> None:
    rows, count = batch.rows, len(group)
    ids = np.fromiter((d.device_id for d in devices), np.int32, count)
    organisations = np.fromiter((d.organisation_id for d in devices), np.int32, count)
    received_us = np.fromiter((p.received_us for p in group), np.int64, count)
    rows["device_id"] = ids[origin]
    rows["organisation_id"] = organisations[origin]
    rows["variant"] = 0
    delay_ms = (received_us[origin] - rows["time_us"]) // 1000
    rows["delay_ms"] = np.clip(delay_ms, -_DELAY_LIMIT_MS - 1, _DELAY_LIMIT_MS)


def _refused_reports(
    batch: PositionBatch, origin: NDArray[np.intp], refused: NDArray[np.int8]
) -> list[tuple[int, ProtocolError, bool]]:
    """For each report with refused rows: its index, why (its first), whether nothing is left."""
    found: list[tuple[int, ProtocolError, bool]] = []
    bad = refused != ACCEPTED
    for index in np.unique(origin[bad]).tolist():
        mine = origin == index
        first = int(np.flatnonzero(mine & bad)[0])
        row = batch.rows[first]
        detail = (
            f"{int((mine & bad).sum())} of {int(mine.sum())} fixes refused; first: "
            f"time_us={row['time_us']} longitude_e6={row['longitude_e6']} "
            f"latitude_e6={row['latitude_e6']}"
        )
        error = ProtocolError(REASONS[int(refused[first])], detail)
        found.append((index, error, not (mine & ~bad).any()))
    return found


def _entry(pending: Pending, device: KnownDevice, error: ProtocolError) -> Quarantined:
    return Quarantined(
        received_us=pending.received_us,
        protocol=pending.protocol.name,
        peer=pending.peer,
        identity=pending.report.identity,
        device_id=device.device_id,
        reason=error.reason,
        detail=error.detail,
        frame=pending.report.frame,
    )


def _raw_frames(
    batch: PositionBatch, origin: NDArray[np.intp], reports: Sequence[Pending]
) -> list[RawFrame]:
    """One frame a report that has new rows, with its first and last fix time."""
    if not len(batch):
        return []
    order = np.lexsort((batch.rows["time_us"], origin))
    sources, times = origin[order], batch.rows["time_us"][order]
    starts = np.flatnonzero(np.r_[True, sources[1:] != sources[:-1]])
    ends = np.r_[starts[1:], len(sources)] - 1
    devices = batch.rows["device_id"][order][starts]
    columns: list[Callable[[], list[int]]] = [
        sources[starts].tolist,
        devices.tolist,
        times[starts].tolist,
        times[ends].tolist,
    ]
    return [
        RawFrame(
            device,
            first_us,
            last_us,
            reports[place].received_us,
            reports[place].protocol.name,
            reports[place].report.frame,
        )
        for place, device, first_us, last_us in zip(*(column() for column in columns), strict=True)
    ]
