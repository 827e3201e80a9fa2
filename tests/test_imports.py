"""The import law: which room may import which, and what the pure rooms may not touch.

Every import counts, at the top of a module, inside a function, under TYPE_CHECKING or through
`import_module("...")`. The table is the one of docs/architecture.md.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PURE = ("model", "protocols", "geofence", "rules")
MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "protocols": {"model"},
    "geofence": {"model"},
    "rules": {"model", "geofence"},
    "gateway": {"model", "protocols", "pipeline"},
    "pipeline": {*PURE, "storage"},
    "storage": {"model"},
    "alerts": {"model", "storage"},
    "api": {*PURE, "pipeline", "storage", "alerts", "xunji.settings"},
    "simulators": {"model", "protocols"},
    "xunji": {*PURE, "gateway", "pipeline", "storage", "alerts", "api", "simulators"},
    "testkit": set(),
}
ROOMS = {*MAY_IMPORT, "bench", "tests", "tools"}
PURE_LIBRARIES = {"numpy", "shapely", "msgspec", "shapefile", "defusedxml", "pynmea2", "nacl"}
PURE_PARTS = {"urllib.parse"}  # of packages that otherwise are not
IMPURE_STANDARD = {
    *("asyncio", "socket", "socketserver", "select", "selectors", "ssl", "signal"),
    *("time", "sched", "logging", "threading", "queue", "multiprocessing", "concurrent"),
    *("subprocess", "os", "tempfile", "shutil", "sqlite3", "dbm", "http", "urllib", "smtplib"),
}
CLOCK_CALLS = {"now", "utcnow", "today"}
IMPORTERS = {"import_module", "__import__"}


def _literal_start(node: ast.expr) -> str:
    """The constant text that a string expression begins with."""
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted module) of everything a module imports; relative imports stay in the room."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield node.lineno, module
            case ast.Call(args=[first, *_]) if _called(node) in IMPORTERS and _literal_start(first):
                yield node.lineno, _literal_start(first)


def clock_reads(tree: ast.AST) -> Iterator[int]:
    """Lines that read a clock through `datetime`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=attr, value=ast.Name() | ast.Attribute())):
                if attr in CLOCK_CALLS:
                    yield node.lineno


def _impure(module: str) -> bool:
    top = module.partition(".")[0]
    if module in PURE_PARTS:
        return False
    if top in sys.stdlib_module_names:
        return top in IMPURE_STANDARD
    return top not in ROOMS | PURE_LIBRARIES


def _allowed(room: str, module: str) -> bool:
    return any(f"{module}.".startswith(f"{name}.") for name in MAY_IMPORT[room])


def breaches(room: str, tree: ast.AST) -> list[str]:
    """Every breach of the law in one module of a room."""
    found = []
    for line, module in imports(tree):
        if module.partition(".")[0] in ROOMS - {room} and not _allowed(room, module):
            found.append(f"{line}: {room}/ may not import {module}")
        if room in PURE and _impure(module):
            found.append(f"{line}: {room}/ is pure and may not import {module}")
    if room in PURE:
        found += [f"{line}: {room}/ is pure and may not read a clock" for line in clock_reads(tree)]
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_room_keeps_the_law(room: str) -> None:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files, f"{room}/ has no module: is the table still true?"
    found = [
        f"{path.relative_to(ROOT)}:{breach}"
        for path in files
        for breach in breaches(room, ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found, "\n".join(found)


def test_every_folder_with_code_is_in_the_table() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders <= ROOMS


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("model", "import geofence.index"),
        ("rules", "def late():\n    from storage import tracks"),
        ("rules", "import asyncio"),
        ("protocols", "from time import time_ns"),
        ("protocols", "from datetime import UTC, datetime\ndatetime.now(UTC)"),
        ("geofence", "import psycopg"),
        ("geofence", "import_module('pipeline.ingest')"),
        ("simulators", "import_module(f'gateway.{name}')"),
        ("api", "from gateway.tcp import Listener"),
        ("api", "from xunji.serve import Server"),
        ("storage", "if TYPE_CHECKING:\n    from pipeline.contract import Pending"),
        ("testkit", "from model.position import PositionBatch"),
    ],
)
def test_a_breach_is_found(room: str, source: str) -> None:
    assert len(breaches(room, ast.parse(source))) == 1
