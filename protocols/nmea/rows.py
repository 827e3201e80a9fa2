"""Epochs as rows of `POSITION_DTYPE`: what several sentences say of one moment, merged."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from model.position import UNKNOWN, UNKNOWN_ALTITUDE_M, FixSource, PositionBatch, empty_rows
from protocols.contract import Decoded, ProtocolError
from protocols.nmea.sentence import Sentence, read

KMH_OF_KNOT = 1.852
# Mode indicators (NMEA 0183 2.3): autonomous, differential, precise, RTK, float RTK. Estimated,
# manual and simulated positions are none that a receiver has measured.
_MEASURED = frozenset("ADPRF")
_GGA_MEASURED = frozenset((1, 2, 3, 4, 5))
_PLACED = ("RMC", "GGA", "GNS", "GLL")  # the first that has a place gives it
_HALF_DAY = timedelta(hours=12)


def decode_reports(frames: Sequence[bytes]) -> Decoded:
    """One row a frame. Never raises for a bad one."""
    rows = empty_rows(len(frames))
    attributes: list[str | None] = []
    good: list[int] = []
    bad: dict[int, ProtocolError] = {}
    for index, frame in enumerate(frames):
        try:
            attributes.append(_fill(rows[len(good)], frame))
        except ProtocolError as error:
            bad[index] = error
            continue
        good.append(index)
    return Decoded(PositionBatch(rows[: len(good)], attributes), np.array(good, np.intp), bad)


def sentences_of(frame: bytes) -> dict[str, Sentence]:
    """The sentences of an epoch by kind: the last of each, that of several systems (GN) first.

    Raises ProtocolError for a line that is damaged.
    """
    found: dict[str, Sentence] = {}
    for line in frame.split(b"\r\n"):
        sentence = read(line)
        if sentence is None:
            continue
        before = found.get(sentence.kind)
        if before is None or before.fields.talker != "GN" or sentence.fields.talker == "GN":
            found[sentence.kind] = sentence
    return found


def _fill(row: np.void, frame: bytes) -> str | None:
    by_kind = sentences_of(frame)
    moment = next((s.time_of_day for s in by_kind.values() if s.time_of_day is not None), None)
    if moment is None:
        raise ProtocolError("no_time", "no sentence with a time of day")
    row["time_us"] = round(_moment(by_kind, moment, frame).timestamp() * 1e6)
    place = _place(by_kind)
    row["fix_source"] = FixSource.NONE if place is None else FixSource.GNSS
    if place is not None:
        row["longitude_e6"], row["latitude_e6"] = (round(degrees * 1e6) for degrees in place)
    speed_kmh, course_deg = _motion(by_kind)
    row["speed_kmh_e1"] = UNKNOWN if speed_kmh is None else min(round(speed_kmh * 10), 32_767)
    row["course_deg"] = UNKNOWN if course_deg is None else round(course_deg) % 360
    row["altitude_m"] = _altitude_m(by_kind)
    row["satellites"] = _satellites(by_kind)
    row["accuracy_m"] = _accuracy_m(by_kind)
    hdop = _number(by_kind.get("GGA"), "horizontal_dil") or _number(by_kind.get("GSA"), "hdop")
    return None if hdop is None else json.dumps({"hdop": hdop}, separators=(",", ":"))


def _moment(by_kind: dict[str, Sentence], moment: Any, frame: bytes) -> datetime:
    """The date of RMC or ZDA; else the one that brings it nearest to the time of receipt."""
    stated = _stated_date(by_kind)
    if stated is not None:
        return datetime.combine(stated, moment.replace(tzinfo=None), UTC)
    received = _received(frame)
    if received is None:
        raise ProtocolError("no_date", "neither RMC nor ZDA nor a TAG block with the time")
    found = datetime.combine(received.date(), moment.replace(tzinfo=None), UTC)
    if found - received > _HALF_DAY:
        return found - timedelta(days=1)
    return found + timedelta(days=1) if received - found > _HALF_DAY else found


def _stated_date(by_kind: dict[str, Sentence]) -> date | None:
    rmc, zda = by_kind.get("RMC"), by_kind.get("ZDA")
    try:
        if rmc is not None and isinstance(rmc.fields.datestamp, date):
            return rmc.fields.datestamp
        if zda is not None and zda.fields.year:
            return date(int(zda.fields.year), int(zda.fields.month), int(zda.fields.day))
    except (ValueError, TypeError) as error:
        raise ProtocolError("malformed", f"date: {error}") from error
    return None


def _received(frame: bytes) -> datetime | None:
    tag = frame[1 : frame.find(b"\\", 1)] if frame[:1] == b"\\" else b""
    for part in tag.split(b"*")[0].split(b","):
        if part[:2] == b"c:" and part[2:].isdigit() and len(part) <= 12:
            return datetime.fromtimestamp(int(part[2:]), UTC)
    return None


def _place(by_kind: dict[str, Sentence]) -> tuple[float, float] | None:
    """Longitude and latitude; None when any sentence says that the position is not measured."""
    place = None
    for kind in _PLACED:
        sentence = by_kind.get(kind)
        if sentence is None:
            continue
        if not _measured(sentence):
            return None
        if place is None and sentence.fields.lat and sentence.fields.lon:
            place = _degrees(sentence.fields)
    return place


def _measured(sentence: Sentence) -> bool:
    fields = sentence.fields
    if sentence.kind == "GGA":
        return _number(sentence, "gps_qual") in _GGA_MEASURED
    if sentence.kind == "GNS":
        return bool(_MEASURED & set(str(fields.mode_indicator)))
    mode = str(getattr(fields, "mode_indicator", "") or getattr(fields, "faa_mode", "") or "A")
    return fields.status == "A" and mode in _MEASURED


def _degrees(fields: Any) -> tuple[float, float]:
    try:
        longitude, latitude = float(fields.longitude), float(fields.latitude)
    except (ValueError, TypeError, AttributeError) as error:
        raise ProtocolError("malformed", f"place {fields.lat} {fields.lon}") from error
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):
        raise ProtocolError("malformed", f"place {fields.lat} {fields.lon}")
    return longitude, latitude


def _motion(by_kind: dict[str, Sentence]) -> tuple[float | None, float | None]:
    """Speed in km/h and course in degrees: RMC's, else VTG's."""
    rmc, vtg = by_kind.get("RMC"), by_kind.get("VTG")
    knots = _number(rmc, "spd_over_grnd")
    speed_kmh = None if knots is None else knots * KMH_OF_KNOT
    if speed_kmh is None:
        speed_kmh = _number(vtg, "spd_over_grnd_kmph")
    course_deg = _number(rmc, "true_course")
    if course_deg is None:
        course_deg = _number(vtg, "true_track")
    return speed_kmh, course_deg


def _altitude_m(by_kind: dict[str, Sentence]) -> int:
    altitude_m = _number(by_kind.get("GGA"), "altitude")
    known = altitude_m is not None and abs(altitude_m) < 32_000
    return round(altitude_m) if known and altitude_m is not None else UNKNOWN_ALTITUDE_M


def _satellites(by_kind: dict[str, Sentence]) -> int:
    used = _number(by_kind.get("GGA"), "num_sats")
    return UNKNOWN if used is None else min(round(used), 32_767)


def _accuracy_m(by_kind: dict[str, Sentence]) -> int:
    """From GST's standard deviations alone: HDOP is no length."""
    east = _number(by_kind.get("GST"), "std_dev_longitude")
    north = _number(by_kind.get("GST"), "std_dev_latitude")
    if east is None or north is None:
        return UNKNOWN
    return min(math.ceil(math.hypot(east, north)), 32_767)


def _number(sentence: Sentence | None, name: str) -> float | None:
    """A field as a number, None where it is empty, missing, negative infinity or no number."""
    if sentence is None or name not in sentence.fields.name_to_idx:
        return None
    place = sentence.fields.name_to_idx[name]
    text = sentence.fields.data[place] if place < len(sentence.fields.data) else ""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
