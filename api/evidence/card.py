"""The evidence card: composed from what is stored, or, once closed, from what was frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from api.access import Connection
from api.driver_texts import driver_text
from api.evidence.against import FLAPPING_WINDOW_US, Case, against
from api.evidence.frames import annotated, nearest_frame
from api.evidence.rule_text import rule_text
from api.fence_view import fence_feature
from api.registries import rule_kinds
from api.times import iso, iso_us, microseconds
from api.track_view import track_feature
from api.violation_view import command_json, violation_json
from model.frames import RawFrame
from model.permits import Permit, Waybill
from model.position import FixSource, Rows, received_us
from storage.commands import commands_of_violation
from storage.evidence import read_pack
from storage.permits import permits_of
from storage.raw_frames import raw_frames_of
from storage.sightings import photos_between
from storage.terminal_media import terminal_photos_between
from storage.tracks import positions_of, track_of
from storage.violations import (
    fence_version,
    read_corrections,
    read_log,
    rule_version,
)
from storage.waybills import waybills_of

Row = dict[str, Any]
AROUND_US = 5 * 60 * 1_000_000
MAX_POINTS = 100_000  # evidence is never simplified: a day at 1 s fits
FRAME_NEAR_US = 60 * 1_000_000
MAX_EPISODE_US = 24 * 3600 * 1_000_000  # of a longer episode the card shows the first day
# What a pack of an earlier version may lack.
_LATER: Row = {"photos": [], "permits": [], "waybills": []}


@dataclass(frozen=True, slots=True)
class Period:
    start_us: int
    end_us: int

    @staticmethod
    def of(row: Row) -> Period:
        # A duty is a moment; what was looked at is its window.
        started_us = microseconds(row["started_at"])
        start_us = min(int(row["measures"].get("window_from_us", started_us)), started_us)
        end_us = microseconds(row["ended_at"] or row["last_at"])
        return Period(start_us, min(end_us, start_us + MAX_EPISODE_US))


async def compose_evidence(conn: Connection, row: Row) -> Row:
    """Rule text, track, episode, fence, frames and counter-evidence from what is stored now."""
    period = Period.of(row)
    since_us = min(period.start_us - AROUND_US, period.end_us - FLAPPING_WINDOW_US)
    rows = await positions_of(conn, row["device_id"], since_us, period.end_us + AROUND_US + 1)
    fence = await fence_version(conn, row["fence_id"], row["fence_version"])
    rule = await rule_version(conn, row["rule_id"], row["rule_version"])
    track = rows[rows["time_us"] >= period.start_us - AROUND_US]
    return {
        "rule_text": rule_text(row["kind"], rule),
        "track": _track(row["device_id"], track),
        "episode": _episode(track, period),
        "fence": None if fence is None else fence_feature(fence),
        "frames": await _frames(conn, row, period),
        "against": _against(row, rows, period),
        "photos": await _photos(conn, row, period),
        "permits": [_permit(p) for p in await permits_of(conn, row["device_id"], period.start_us)],
        "waybills": [
            _permit(w) for w in await waybills_of(conn, row["device_id"], period.start_us)
        ],
    }


async def evidence_card(conn: Connection, row: Row) -> Row:
    """The whole card of docs/api.md."""
    kept = await read_pack(conn, row["id"])
    evidence = kept.read() if kept else await compose_evidence(conn, row)
    evidence = {**_LATER, **evidence}
    shown = ("rule_text", "track", "episode", "fence", "frames", "against", *_LATER)
    return {
        **violation_json(row),
        **{name: evidence[name] for name in shown},
        "corrections": [
            {"made_at": iso(c["made_at"]), "correction": c["correction"]}
            for c in await read_corrections(conn, row["id"])
        ],
        "log": [{**line, "at": iso(line["at"])} for line in await read_log(conn, row["id"])],
        "commands": [command_json(c) for c in await commands_of_violation(conn, row["id"])],
        "warning_text": driver_text(row["kind"], row["device_plate"]),
        "evidence_sha256": kept.sha256 if kept else None,
    }


def _track(device_id: int, rows: Rows) -> Row:
    """The line with when each fix was received."""
    line = track_of(rows, MAX_POINTS)
    feature = track_feature(device_id, line)
    received = received_us(line.rows).tolist()
    feature["properties"]["received_at"] = [iso_us(time_us) for time_us in received]
    return feature


def _permit(record: Permit | Waybill) -> Row:
    """A permit or waybill with its times as the API writes them."""
    values: Row = msgspec.to_builtins(record)
    times = {name: values.pop(name) for name in list(values) if name.endswith("_us")}
    return values | {
        f"{name.removesuffix('_us')}_at": None if time_us is None else iso_us(time_us)
        for name, time_us in times.items()
    }


def _episode(track: Rows, period: Period) -> Row | None:
    """Indexes into the line, which holds the positioned rows only; None without any."""
    line_us = track["time_us"][track["fix_source"] != FixSource.NONE]
    first, after = np.searchsorted(line_us, [period.start_us, period.end_us + 1]).tolist()
    if first >= after:
        return None
    return {"from_index": first, "to_index": after - 1}


async def _frames(conn: Connection, row: Row, period: Period) -> list[Row]:
    peak_us = row["measures"].get("peak_us")
    chosen: list[RawFrame] = []
    for time_us in (period.start_us, int(peak_us or period.start_us), period.end_us):
        near = (time_us - FRAME_NEAR_US, time_us + FRAME_NEAR_US)
        frame = nearest_frame(await raw_frames_of(conn, row["device_id"], *near), time_us)
        if frame is not None and frame not in chosen:
            chosen.append(frame)
    return [annotated(frame) for frame in sorted(chosen, key=lambda frame: frame.time_us)]


async def _photos(conn: Connection, row: Row, period: Period) -> list[Row]:
    """Pictures of the unit from around the episode: of cameras, then of its own terminal."""
    since_us, until_us = period.start_us - AROUND_US, period.end_us + AROUND_US
    seen = await photos_between(conn, row["device_id"], since_us, until_us)
    own = await terminal_photos_between(conn, row["device_id"], row["id"], since_us, until_us)
    photos = [{**photo, "source": "sighting"} for photo in seen]
    photos += [{**photo, "source": "terminal", "sighting_id": None} for photo in own]
    return [{**photo, "taken_at": iso(photo["taken_at"])} for photo in photos]


def _against(row: Row, rows: Rows, period: Period) -> list[dict[str, str]]:
    kind = rule_kinds().get(row["kind"])
    times = rows["time_us"]
    within = (times >= period.end_us - FLAPPING_WINDOW_US) | (times >= period.start_us)
    return against(
        Case(
            kind=row["kind"],
            absence=kind is not None and kind.absence,
            late=row["late"],
            unknown_s=float(row["measures"].get("unknown_s", 0)),
            start_us=period.start_us,
            end_us=period.end_us,
            hour=rows[within & (times <= period.end_us)],
        )
    )
