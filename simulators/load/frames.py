"""Location frames for many terminals at once, as columns. JT/T 808-2013 8.18.

0 7E | 1 0200 | 3 length | 5 phone BCD[6] | 11 serial | 13 alarm, status | 21 latitude
25 longitude | 29 altitude, speed, course | 35 time BCD[6] | 41 items 01, 30, 31, E5 | XOR, 7E
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from protocols.jt808.fix import Fix, encode_fix
from protocols.jt808.framing import escape
from protocols.jt808.header import pack_header, pack_phone
from simulators.load.order import phone

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
_ITEMS = [(0x30, b"\x18")]
_SIGNALS = 0b10 | 0b01 << 2 | 0b10 << 4  # ignition on, empty, covered
_CHINA_S = 8 * 3_600
_BCD = np.array([n // 10 << 4 | n % 10 for n in range(100)], np.uint8)


def _template() -> Bytes:
    body = encode_fix(
        Fix(0, 0, 0, speed_kmh_e1=300, satellites=12, odometer_m=1_000_000, signals=_SIGNALS,
            items=_ITEMS)
    )  # fmt: skip
    frame = pack_header(0x0200, len(body), pack_phone("0", "2013"), 0) + body
    return np.frombuffer(b"\x7e" + frame + b"\x00\x7e", np.uint8)


TEMPLATE = _template()


def phones_of(first: int, count: int) -> Bytes:
    """BCD phones of `count` terminals, a row each."""
    joined = b"".join(pack_phone(phone(first + n), "2013") for n in range(count))
    return np.frombuffer(joined, np.uint8).reshape(count, 6)


def compose(phones: Bytes, serials: Numbers, times_s: Numbers, steps: Numbers) -> list[bytes]:
    """Frames on the wire, one a row. `steps`: how far along its street each terminal is."""
    data = np.tile(TEMPLATE, (len(phones), 1))
    data[:, 5:11] = phones
    data[:, 11:13] = _big_endian(serials, 2)
    data[:, 21:25] = _big_endian(31_200_000 + steps % 50_000, 4)
    data[:, 25:29] = _big_endian(121_400_000 + steps * 7 % 90_000, 4)
    data[:, 35:41] = _bcd_times(times_s)
    data[:, -2] = np.bitwise_xor.reduce(data[:, 1:-2], axis=1)
    inner = data[:, 1:-1]
    marked = ((inner == 0x7E) | (inner == 0x7D)).any(axis=1)
    raw, size = data.tobytes(), data.shape[1]
    frames = [raw[at : at + size] for at in range(0, len(raw), size)]
    for place in np.flatnonzero(marked).tolist():
        frames[place] = b"\x7e" + escape(frames[place][1:-1]) + b"\x7e"
    return frames


def _big_endian(values: Numbers, size: int) -> Bytes:
    columns: Bytes = values.astype(">u4").view(np.uint8).reshape(-1, 4)
    return columns[:, 4 - size :]


def _bcd_times(times_s: Numbers) -> Bytes:
    """YYMMDDhhmmss in GMT+8, a row each."""
    local = (times_s + _CHINA_S).astype("datetime64[s]")
    days = local.astype("datetime64[D]")
    months = local.astype("datetime64[M]")
    years = local.astype("datetime64[Y]")
    seconds = (local - days).astype(np.int64)
    columns = (
        years.astype(np.int64) + 1970 - 2000,
        (months - years).astype(np.int64) + 1,
        (days - months).astype(np.int64) + 1,
        seconds // 3_600,
        seconds // 60 % 60,
        seconds % 60,
    )
    digits: Bytes = _BCD[np.stack(columns, axis=1)]
    return digits
