"""Connections are spread over as many processes as their open files need."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from simulators.load.limits import LimitProblem, listeners_for, processes_for

ROOT = Path(__file__).parents[3]


def test_processes_are_as_many_as_wanted_or_needed() -> None:
    assert processes_for(1_000, 1, 20_000) == 1
    assert processes_for(1_000, 4, 20_000) == 4
    assert processes_for(40_000, 1, 20_000) == 3
    assert listeners_for(40_000, 20_000) == 3


@pytest.mark.parametrize(("connections", "files"), [(200_000, 1_024), (1, 100)])
def test_what_fits_nowhere_says_what_to_raise(connections: int, files: int) -> None:
    with pytest.raises(LimitProblem, match="ulimit -Hn") as caught:
        processes_for(connections, 1, files)
    enough = int(str(caught.value).rpartition("nofile=")[2].rstrip(")"))
    assert processes_for(connections, 1, enough) <= 64


def load(files: int, connections: int) -> subprocess.CompletedProcess[str]:
    """The tool against its own sink, where a process may open so many files."""
    options = ["--sink", "--closed", "--seconds", "0.2", "--connections", str(connections)]
    return subprocess.run(
        [sys.executable, "-m", "xunji", "load", *options],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files // 2, files)),
        capture_output=True,
        text=True,
        check=False,
    )


def test_more_connections_than_a_process_may_open_files() -> None:
    done = load(files=400, connections=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split()[:4:2] == ["connections", "连接"]


def test_the_command_says_that_the_limit_is_too_low() -> None:
    done = load(files=201, connections=300)
    assert done.returncode == 2
    assert "LimitNOFILE" in done.stderr
