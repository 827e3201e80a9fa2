"""`python -m bench [NAME ...]`: run benchmarks, print their figures, write bench/results.json.

NAME is a module of bench/ or the start of a figure's name; none: all of them. BENCH_QUICK=1
shortens every run (all of it in under 3 minutes). The exit status is 1 when a figure misses its
target in a full run; a quick run only reports.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from time import perf_counter
from typing import Any

import bench
from bench.figures import Figure, figure_of, meets

RESULTS = Path(__file__).with_name("results.json")
NOT_BENCHMARKS = {"__main__", "figures", "history", "mqtt_wire"}


def machine() -> str:
    """What the figures were measured on: processor, cores, Python."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}, {cores} cores, Python {platform.python_version()}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def modules() -> list[str]:
    """Names of the benchmark modules."""
    found = (module.name for module in iter_modules(bench.__path__))
    return sorted(name for name in found if name not in NOT_BENCHMARKS)


def run_all(only: Sequence[str], quick: bool) -> Iterator[Figure]:
    """Run the modules that `only` names and yield the figures that it wants."""
    wanted = [name for name in modules() if name in only] or modules()
    for name in wanted:
        print(f"{name} ...", file=sys.stderr, flush=True)
        started = perf_counter()
        entries: list[dict[str, Any]] = import_module(f"bench.{name}").run(quick)
        print(f"{name}: {perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        for entry in entries:
            figure = figure_of(entry, machine(), datetime.now(UTC))
            if not only or name in only or figure["name"].startswith(tuple(only)):
                yield figure


def table(figures: Sequence[Figure]) -> str:
    """The figures as aligned columns."""
    rows = [("name", "value", "unit", "target", "ok")]
    for figure in figures:
        ok = "yes" if meets(figure["value"], figure["target"]) else "NO"
        rows.append(
            (figure["name"], f"{figure['value']:.4g}", figure["unit"], figure["target"], ok)
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def keep(figures: Sequence[Figure]) -> None:
    """Write the results; figures that this run did not measure stay as they were."""
    measured = {figure["name"] for figure in figures}
    earlier: list[Figure] = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    kept = [figure for figure in earlier if figure["name"] not in measured]
    everything = sorted([*kept, *figures], key=lambda figure: figure["name"])
    RESULTS.write_text(json.dumps(everything, indent=2, ensure_ascii=False) + "\n")


def main(arguments: Sequence[str]) -> int:
    """Run, print, write. Returns the exit status."""
    quick = os.environ.get("BENCH_QUICK", "") not in ("", "0")
    only = [name for argument in arguments for name in argument.replace(",", " ").split()]
    figures = list(run_all(only, quick))
    if not figures:
        print(f"nothing is named {' '.join(only)}; there are {', '.join(modules())}")
        return 2
    print(table(figures))
    keep(figures)
    missed = [figure for figure in figures if not meets(figure["value"], figure["target"])]
    return 1 if missed and not quick else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
