"""A dump is the same bytes for the same scenario, in any process, and holds real frames."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from protocols.contract import ProtocolError
from protocols.jt808.framing import Framer, unwrap
from simulators.scenario.dump import dump
from simulators.scenario.plan import make_plan
from simulators.scenario.reading import parse_scenario, read_scenario

ROOT = Path(__file__).parents[2]
NAME = "bad-line"
PROGRAM = """
import sys
from simulators.scenario.dump import dump
from simulators.scenario.plan import make_plan
from simulators.scenario.reading import read_scenario
dump(make_plan(sys.argv[1], *read_scenario(sys.argv[1])), sys.stdout.buffer)
"""


def dumped(hash_seed: str) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, NAME], env=environment, capture_output=True, check=True
    )
    return done.stdout


def test_two_processes_with_different_hash_seeds_write_the_same_bytes() -> None:
    first, second = dumped("1"), dumped("4242")
    assert len(first) > 100_000
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


def test_another_seed_writes_other_bytes() -> None:
    scenario, source = read_scenario(NAME)
    files = [io.BytesIO(), io.BytesIO()]
    dump(make_plan(NAME, scenario, source), files[0])
    scenario.seed += 1
    dump(make_plan(NAME, scenario, source), files[1])
    assert files[0].getvalue() != files[1].getvalue()


def test_lines_are_in_the_order_of_their_times_and_hold_frames() -> None:
    file = io.BytesIO()
    scenario, source = read_scenario(NAME)
    count = dump(make_plan(NAME, scenario, source), file)
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert len(lines) == count
    times = [line["at"] for line in lines]
    assert times == sorted(times)
    framers: dict[str, Framer] = {}
    outcomes = []
    for line in lines:
        if "topic" in line:
            assert line["topic"] == f"xunji/handset/{line['unit']}/up"
            continue
        framer = framers.setdefault(line["unit"], Framer())
        pieces = framer.feed(bytes.fromhex(line["hex"]))
        outcomes += [is_good(piece) for piece, reason in pieces if reason is None]
    assert outcomes.count(True) > 2_500
    assert 30 < outcomes.count(False) < 200


def is_good(piece: bytes) -> bool:
    """Whether its check sum fits."""
    try:
        unwrap(piece)
    except ProtocolError:
        return False
    return True


SMALL = """\
about: Every kind of unit for an hour under faults, small enough to be recorded
start: "2026-03-02 09:00"
hours: 1
interval_s: 60
fleet: {muck_truck: 2, sweeper: 1, water_truck: 1, mixer: 1, garbage_truck: 1, inspector: 2}
behaviours:
  - {unit: muck truck 2, does: jumps, at: "09:20"}
faults:
  - {kind: gnss_drift, units: [all], size: 8}
  - {kind: outliers, units: [all], rate: 0.1}
  - {kind: outage, units: [muck truck], rate: 0.2, minutes: 5}
  - {kind: damaged_frames, units: [all], rate: 0.1}
"""
RECORDED = "867dccb8fecce2eaa5d96179c0e292d4e6de8ce316408ba84bc558d44da631a4"


def test_the_bytes_are_those_of_every_python_and_machine() -> None:
    """A change of the simulators may change them: then record them anew. Python must not."""
    file = io.BytesIO()
    dump(make_plan("small", *parse_scenario(SMALL, Path("small.yaml"))), file)
    assert hashlib.sha256(file.getvalue()).hexdigest() == RECORDED


def test_chance_is_drawn_in_ways_that_no_python_has_changed() -> None:
    """`sample`, `choices` and the like have other algorithms in other versions."""
    drawn = {
        name
        for path in (ROOT / "simulators").rglob("*.py")
        for name in re.findall(r"chance\.(\w+)\(", path.read_text("utf-8"))
    }
    assert drawn == {"random", "uniform", "gauss", "randrange", "randint", "shuffle"}
