"""The whole engine, `Engine.advance`, on one core: 20 rules, 10,000 fences, a province's traffic.

The baseline is one bare STRtree bulk query of the same points: what it costs to know where a fix
is, before any rule asks. Positions are a fix of each device in turn, 10 s apart, on roads or beside
them, a few of them breaking a rule; states live on from batch to batch as in the server.
"""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import Any

import numpy as np
import shapely
from msgspec.structs import replace

from bench.fences import _fence
from model import signals
from model.fences import Assignment, Fence, Shift, Window
from model.position import FixSource, Rows, empty_rows
from model.rulebook import FAR_FUTURE_US, Device, Rule, Rulebook, Schedule, Scope
from rules.engine import Engine
from rules.registry import kinds_by_name
from rules.state import DeviceState, encode

DEVICES = 3_000
FENCES = 10_000
GROWTH = (100, 1_000, 10_000, 100_000)
BATCHES = (64, 250, 1_000)
STEP_US = 10_000_000
START_US = 1_790_000_000_000_000
_DAY = tuple(range(1, 8))
_NIGHT = Schedule(windows=(Window(_DAY, 1_200, 360),))
_HOURS = Schedule(windows=(Window(_DAY, 0, 720), Window(_DAY, 780, 1_439)))
_FLEET = ("muck_truck", "muck_truck", "mixer", "water_truck", "garbage_truck", "inspector")
_PURPOSE = {
    "muck_truck": "corridor",
    "mixer": "corridor",
    "garbage_truck": "corridor",
    "water_truck": "work_road",
    "inspector": "grid",
}
# Twenty rules of the kinds that every city has; the schedules and fences differ.
_RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("route_deviation", {"scope": Scope(kinds=("muck_truck",))}),
    ("route_deviation", {"scope": Scope(kinds=("mixer",)), "parameters": {"only_loaded": 0}}),
    ("route_deviation", {"scope": Scope(kinds=("garbage_truck",))}),
    ("route_deviation", {"parameters": {"distance_m": 200}, "severity": "serious"}),
    ("operating_hours", {"schedule": _NIGHT, "scope": Scope(kinds=("muck_truck",))}),
    ("operating_hours", {"schedule": _NIGHT, "fence_tags": ("no_go",)}),
    ("operating_hours", {"schedule": _HOURS, "fence_tags": ("district",)}),
    ("operating_hours", {"schedule": _HOURS, "scope": Scope(kinds=("mixer",))}),
    ("uncovered_load", {}),
    ("uncovered_load", {"fence_tags": ("district",)}),
    ("uncovered_load", {"schedule": _HOURS}),
    ("uncovered_load", {"parameters": {"moving_kmh": 20}, "severity": "serious"}),
    ("not_spraying", {}),
    ("not_spraying", {"schedule": _HOURS}),
    ("not_spraying", {"parameters": {"max_kmh": 15}}),
    ("inspector_off_grid", {}),
    ("inspector_off_grid", {"parameters": {"distance_m": 300}, "severity": "serious"}),
    ("inspector_silent", {}),
    ("inspector_silent", {"parameters": {"silent_minutes": 60}, "severity": "serious"}),
    ("inspector_silent", {"scope": Scope(kinds=("inspector",))}),
)


def run(quick: bool) -> list[dict[str, Any]]:
    """Positions a CPU second by batch size and number of fences; bytes of a snapshot."""
    rounds = 20 if quick else 120
    book = rulebook(FENCES)
    figures = []
    for size in BATCHES:
        bare, judged = _measure(book, size, rounds)
        target = ">= 0.5" if size == max(BATCHES) else ""
        baseline = f"one bare STRtree query, {bare:,.0f}/s"
        figures += [
            _figure(f"rules_ratio_{size}", judged / bare, "x", target, baseline),
            _figure(f"rules_positions_{size}", judged, "positions/s", "", ""),
        ]
    for count in GROWTH[:3] if quick else GROWTH:
        judged = _measure(rulebook(count), max(BATCHES), max(rounds // 4, 10))[1]
        figures.append(_figure(f"rules_fences_{count}", judged, "positions/s", "", ""))
    return [*figures, _figure("rules_snapshot_bytes", _snapshot(book), "bytes/device", "", "")]


def rulebook(fences: int, devices: int = DEVICES) -> Rulebook:
    """Devices of five kinds, each with an assigned fence; 20 rules; fences over a city."""
    random = np.random.default_rng(42)
    tags = (("site",), ("district",), ("no_go",), ("dump",), ("grid",), ("parking",))
    made = [replace(_fence(i, random), tags=tags[i % len(tags)]) for i in range(fences)]
    units = [
        Device(id=i, organisation_id=1, identity=str(i), protocol="jt808", name=str(i),
               kind=_FLEET[i % len(_FLEET)])
        for i in range(1, devices + 1)
    ]  # fmt: skip
    rules = [
        Rule(id=i, version=1, organisation_id=1, kind=kind, name_zh=kind, name_en=kind,
             valid_from_us=0, **more)
        for i, (kind, more) in enumerate(_RULES, 1)
    ]  # fmt: skip
    return Rulebook(
        revision=1,
        organisation_parents={1: None},
        devices=tuple(units),
        rules=tuple(rules),
        fences=tuple(made),
        assignments=tuple(_assignment(device, fences) for device in units),
        shifts=tuple(
            Shift(device_id=d.id, starts_us=START_US - 3_600_000_000, ends_us=FAR_FUTURE_US)
            for d in units
            if d.kind == "inspector"
        ),
    )


def _assignment(device: Device, fences: int) -> Assignment:
    purpose: Any = _PURPOSE[device.kind]
    return Assignment(
        device_id=device.id, fence_id=device.id % fences, purpose=purpose,
        valid_from_us=0, valid_to_us=FAR_FUTURE_US,
    )  # fmt: skip


class Traffic:
    """Fixes of all devices in turn: nearly all beside their fence's middle, some far off."""

    def __init__(self, book: Rulebook) -> None:
        self._random = np.random.default_rng(7)
        self._sent = 0
        self._home = np.array([_middle(book.fences[a.fence_id]) for a in book.assignments])
        self._astray = self._random.random(len(book.devices)) < 0.01
        self._kinds = np.array([device.kind for device in book.devices], object)

    def batch(self, size: int) -> Rows:
        """The next fixes."""
        number = np.arange(self._sent, self._sent + size)
        self._sent += size
        which, turn = number % len(self._home), number // len(self._home)
        rows = empty_rows(size)
        rows["device_id"], rows["organisation_id"] = which + 1, 1
        rows["time_us"] = START_US + turn * STEP_US
        place = self._home[which] + self._random.normal(0, 0.0005, (size, 2))
        place[self._astray[which]] += 0.02
        rows["longitude_e6"], rows["latitude_e6"] = (place * 1e6).astype(np.int64).T
        rows["speed_kmh_e1"] = self._random.integers(0, 400, size)
        rows["accuracy_m"], rows["fix_source"] = 8, FixSource.GNSS
        work = {"loaded": signals.YES, "cover_closed": signals.YES, "spraying": signals.YES}
        rows["signals"] = signals.pack(**work)
        bare = signals.pack(**(work | {"cover_closed": signals.NO, "spraying": signals.NO}))
        rows["signals"][self._astray[which]] = bare
        return rows


def _middle(fence: Fence) -> tuple[float, float]:
    ring = np.array(fence.geometry["coordinates"][0])
    return tuple((ring.min(0) + ring.max(0)) / 2)


def _measure(book: Rulebook, size: int, rounds: int) -> tuple[float, float]:
    """Positions a second of the bare tree and of the engine, taken in turns (medians)."""
    engine, traffic = Engine(book, kinds_by_name()), Traffic(book)
    states: dict[int, DeviceState] = {}
    tree = shapely.STRtree([shapely.geometry.shape(f.geometry) for f in book.fences])
    for _ in range(10 * DEVICES // size):  # what is made on first use has been made
        engine.advance(states, traffic.batch(size))
    seconds: list[tuple[float, float]] = []
    for _ in range(rounds * max(BATCHES) // size):
        rows = traffic.batch(size)
        points = shapely.points(rows["longitude_e6"] / 1e6, rows["latitude_e6"] / 1e6)
        bare_s = _seconds(lambda points=points: tree.query(points, "intersects"))
        seconds.append((bare_s, _seconds(lambda rows=rows: engine.advance(states, rows))))
    assert not engine.failing, engine.failing
    bare, judged = np.median(np.array(seconds), 0)
    return size / float(bare), size / float(judged)


def _seconds(call: Callable[[], object]) -> float:
    started = process_time()
    call()
    return process_time() - started


def _snapshot(book: Rulebook) -> float:
    """Bytes of a device's snapshot, on average."""
    engine, traffic = Engine(book, kinds_by_name()), Traffic(book)
    states: dict[int, DeviceState] = {}
    for _ in range(10):
        engine.advance(states, traffic.batch(DEVICES))
    return sum(len(encode(state)) for state in states.values()) / DEVICES


def _figure(name: str, value: float, unit: str, target: str, baseline: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "target": target, "baseline": baseline}
