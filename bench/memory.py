"""What the rules hold in memory: a device of 10,000 in engine and states, and 100,000 fences."""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

from bench.rules import Traffic, rulebook
from geofence.index import FenceIndex
from model.rulebook import Rulebook
from rules.engine import Engine
from rules.registry import kinds_by_name
from rules.state import DeviceState

DEVICES, FENCES, TURNS = 10_000, 100_000, 3
Entry = dict[str, Any]


def run(quick: bool) -> list[Entry]:
    """Bytes a device; CPU seconds and megabytes of the fences (a tenth of them when quick)."""
    fences = FENCES // 10 if quick else FENCES
    book = rulebook(1_000, DEVICES)
    held = _held(lambda: _engine(book))
    many = rulebook(fences, devices=1).fences
    gc.collect()
    began_s = process_time()
    before = _resident_bytes()
    index = FenceIndex(many)
    lasted_s = process_time() - began_s
    size = _resident_bytes() - before
    assert not index.broken
    basis = f"{DEVICES:,} devices, 20 rules, engine and states after {TURNS} fixes each"
    return [
        _entry("memory_device", held / DEVICES, "bytes", "<= 4000", basis),
        _entry("memory_fences_start", lasted_s, "s of CPU", "", f"{fences:,} fences of 40 points"),
        _entry("memory_fences", size / 1e6, "MB", "", "what the process grows by"),
    ]


def _entry(name: str, value: float, unit: str, target: str, baseline: str) -> Entry:
    return {"name": name, "value": value, "unit": unit, "target": target, "baseline": baseline}


def _engine(book: Rulebook) -> tuple[Engine, dict[int, DeviceState]]:
    engine, states = Engine(book, kinds_by_name()), {}
    traffic = Traffic(book)
    for _ in range(TURNS):
        engine.advance(states, traffic.batch(len(book.devices)))
    return engine, states


def _resident_bytes() -> int:
    """Of this process (Linux): geometries live outside Python's own count."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _held(make: Callable[[], object]) -> int:
    """Bytes that what `make` gives still holds, as Python and NumPy allocate them."""
    gc.collect()
    tracemalloc.start()
    kept = make()
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del kept
    return held
