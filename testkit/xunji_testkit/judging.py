"""`xunji simulate` and `xunji conform` for tests: run, wait, read the report."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xunji_testkit.program import ServerError, clean_environment, find_command

START_LIMIT_S = 60


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found. `content` is the JSON report, `text` what the program printed."""

    passed: bool
    content: dict[str, Any]
    text: str

    @property
    def rules(self) -> dict[str, Any]:
        """A scenario's rules, or a platform's checks: expected, matched, missed, false, ..."""
        return dict(self.content["rules"])

    @property
    def failed(self) -> list[str]:
        """Names of the rules, checks or clauses that do not hold."""
        if "clauses" in self.content:
            return [c["name"] for c in self.content["clauses"] if c["outcome"] == "fail"]
        return [name for name, e in self.content["rules"].items() if e["missed"] or e["false"]]


def run_scenario(
    scenario: str | Path,
    folder: Path,
    *,
    platform: tuple[str, int] | None = None,
    options: Sequence[str] = (),
) -> Report:
    """A scenario of the library, or of a file, against a server of its own.

    `platform`: against that foreign platform instead, judged on its replies.
    """
    arguments = ["simulate", str(scenario), "--check", *options]
    if platform is not None:
        arguments += ["--platform", f"{platform[0]}:{platform[1]}"]
    return _finished(_started(arguments, folder), folder)


def examine_terminal(
    start: Callable[[tuple[str, int]], Any], folder: Path, options: Sequence[str] = ()
) -> Report:
    """Acceptance of one terminal. `start(address)` lets it connect there, and returns at once."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = ("127.0.0.1", int(free.getsockname()[1]))
    listen = ["--listen", f"{address[0]}:{address[1]}"]
    running = _started(["conform", *listen, *options], folder)
    try:
        _await_port(running, address)
        start(address)
        return _finished(running, folder)
    finally:
        if running.poll() is None:
            running.terminate()
            running.wait()


def _started(arguments: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    with (folder / "run.log").open("wb") as log:
        return subprocess.Popen(
            [find_command(), *arguments, "--json", str(report)],
            env=clean_environment({}),
            cwd=folder,
            stdout=log,
            stderr=log,
        )


def _finished(running: subprocess.Popen[bytes], folder: Path) -> Report:
    status = running.wait()
    text = (folder / "run.log").read_text(encoding="utf-8", errors="replace")
    report = folder / "report.json"
    if not report.exists():
        raise ServerError(f"xunji ended with status {status}:\n{text[-4000:]}")
    return Report(status == 0, json.loads(report.read_text(encoding="utf-8")), text)


def _await_port(running: subprocess.Popen[bytes], address: tuple[str, int]) -> None:
    """Until the port is taken: connecting would already be the terminal's."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and running.poll() is None:
        with suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            time.sleep(0.05)
            continue
        return
    raise ServerError("xunji conform did not start")
