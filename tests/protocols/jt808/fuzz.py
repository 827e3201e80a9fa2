"""Fuzzing JT/T 808: mutated vectors through sessions, decoders, descriptions and file connections.

python -m tests.protocols.jt808.fuzz --frames 1000000     # memory watched
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from protocols.contract import Bad, ProtocolError, Told
from protocols.jt808 import JT808, Jt808Session, escape, unescape
from protocols.jt808.columns import decode_reports
from protocols.jt808.files import FilesSession
from protocols.jt808.framing import checksum
from protocols.jt808.messages import encode_body
from tests.protocols.directory import Register

_FOLDER = Path(__file__).parents[2] / "vectors"
SEEDS = [
    bytes.fromhex(vector["frame"])
    for name in ("jt808.json", "jt808_messages.json")
    for vector in json.loads((_FOLDER / name).read_text(encoding="utf-8"))
]
FRESH_EVERY = 500  # frames; then another connection
_SHARE_MENDED = 0.8  # so many get their right checksum again, and so reach the decoders


def mutated(data: bytes, chance: random.Random, times: int) -> bytes:
    """Bytes changed, cut out, doubled or put in."""
    raw = bytearray(data)
    for _ in range(times):
        at = chance.randrange(len(raw)) if raw else 0
        size = chance.randrange(1, 9)
        how = chance.randrange(5)
        if how == 0 and raw:
            raw[at] ^= 1 << chance.randrange(8)
        elif how == 1 and raw:
            raw[at] = chance.choice((0, 1, 0x7D, 0x7E, 0x7F, 0x80, 0xFF))
        elif how == 2:
            del raw[at : at + size]
        elif how == 3:
            raw[at:at] = raw[at : at + size]
        else:
            raw[at:at] = chance.randbytes(size)
    return bytes(raw)


def mended(data: bytes) -> bytes:
    """The same with a right checksum and its delimiters."""
    inner = unescape(data.strip(b"\x7e"))[:-1]
    return b"\x7e" + escape(inner + bytes((checksum(inner),))) + b"\x7e"


class Feeder:
    """Feeds one mutated frame after the other; any exception but ProtocolError ends it."""

    def __init__(self, seed: int) -> None:
        self.refused = self.taken = self.fed = 0
        self._chance = random.Random(seed)
        self._refresh()

    def _refresh(self) -> None:
        self._session = Jt808Session(Register(open=True))
        self._files = FilesSession(Register(open=True))

    def feed_one(self) -> None:
        chance = self._chance
        data = mutated(chance.choice(SEEDS), chance, chance.randrange(1, 7))
        self.feed(mended(data) if chance.random() < _SHARE_MENDED else data)

    def feed(self, data: bytes) -> None:
        """One piece of a stream, through everything that reads it."""
        self.fed += 1
        if self.fed % FRESH_EVERY == 0:
            self._refresh()
        now_us = self.fed * 1_000
        events = self._session.receive_data(data, now_us)
        for event in events:
            if isinstance(event, Told):
                event.reply(None)
        self.refused += any(isinstance(event, Bad) for event in events)
        self.taken += any(not isinstance(event, Bad) for event in events)
        self._files.receive_data(data, now_us)
        decode_reports([unescape(data.strip(b"\x7e"))])
        self._describe(data)

    def _describe(self, data: bytes) -> None:
        shown = JT808.describe(data.hex())
        header, body = shown.fields.get("header"), shown.fields.get("body")
        if shown.error is None and header and body and "fragment_length" not in body:
            _encode(int(header["msg_id"], 16), body, header["version"])

    def kept_bytes(self) -> int:
        """What this process holds, in bytes above what a Python of this kind needs."""
        return max(0, _resident_bytes() - _START_BYTES)


def _encode(message_id: int, body: dict[str, Any], version: str) -> None:
    """What was decoded can be encoded, unless it was encrypted."""
    if "encrypted_length" in body:
        return
    with suppress(ProtocolError):
        encode_body(message_id, body, version)


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


_START_BYTES = _resident_bytes()


def _run(frames: int, seed: int) -> None:
    feeder, began_s = Feeder(seed), time.perf_counter()
    for number in range(1, frames + 1):
        feeder.feed_one()
        if number % 10_000 == 0 or number == frames:
            rate = number / (time.perf_counter() - began_s)
            grown = feeder.kept_bytes() / 1e6
            print(f"{number:,} frames, {rate:,.0f}/s, {feeder.taken:,} taken, "
                  f"{feeder.refused:,} refused, {grown:.0f} MB more than at the start",
                  flush=True)  # fmt: skip


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    _run(options.frames, options.seed)


if __name__ == "__main__":
    main()
