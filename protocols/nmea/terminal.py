"""The device's side: sentences of one fix, for the simulators and for round trips."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from protocols.nmea.rows import KMH_OF_KNOT
from protocols.nmea.sentence import checksum


def login(identity: str, token: str | None = None) -> bytes:
    """The first line of a stream."""
    return f"id:{identity}{f',{token}' if token else ''}\r\n".encode("ascii")


def encode_fix(
    time_us: int,
    longitude: float,
    latitude: float,
    *,
    speed_kmh: float = 0.0,
    course_deg: float = 0.0,
    altitude_m: float = 0.0,
    satellites: int = 10,
    valid: bool = True,
    accuracy_m: float | None = None,
) -> bytes:
    """RMC and GGA of one moment, and GST where an accuracy is known; degrees WGS-84.

    Minutes with five decimals: about 2 cm.
    """
    moment = datetime.fromtimestamp(time_us / 1e6, UTC)
    clock = f"{moment:%H%M%S}.{moment.microsecond // 10_000:02d}"
    place = f"{_angle(latitude, 2, 'NS')},{_angle(longitude, 3, 'EW')}" if valid else ",,,"
    knots = speed_kmh / KMH_OF_KNOT
    rmc = f"GNRMC,{clock},{'A' if valid else 'V'},{place},{knots:.3f},{course_deg:.1f},"
    rmc += f"{moment:%d%m%y},,,{'A' if valid else 'N'}"
    gga = f"GNGGA,{clock},{place},{int(valid)},{satellites:02d},0.8,{altitude_m:.1f},M,0.0,M,,"
    texts = [rmc, gga]
    if accuracy_m is not None:
        each_m = accuracy_m / math.sqrt(2)  # north and east alike
        texts.append(f"GNGST,{clock},,,,,{each_m:.2f},{each_m:.2f},")
    return b"".join(_sentence(text.encode("ascii")) for text in texts)


def _sentence(text: bytes) -> bytes:
    return b"$%s*%s\r\n" % (text, checksum(text))


def _angle(degrees: float, width: int, signs: str) -> str:
    minutes = round(abs(degrees) * 60, 5)
    whole, rest = divmod(minutes, 60)
    return f"{int(whole):0{width}d}{rest:08.5f},{signs[degrees < 0]}"
