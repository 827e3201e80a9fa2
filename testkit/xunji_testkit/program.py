"""The program `xunji` as a subprocess, kept apart from the packages of whoever tests."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path


class ServerError(Exception):
    """The server could not be started; the message ends with its own words."""


def find_command() -> str:
    """The program `xunji`: of this Python's environment, or else on PATH."""
    here = Path(sys.executable).parent / "xunji"
    found = str(here) if here.exists() else shutil.which("xunji")
    if found is None:
        raise ServerError("xunji is not installed here: pip install xunji")
    return found


def clean_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without XUNJI_* and without other people's packages.

    A firm may have packages named `api` or `rules` on PYTHONPATH; the server has its own.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XUNJI_")}
    paths = kept.pop("PYTHONPATH", "").split(os.pathsep)
    ours = [path for path in paths if path and (Path(path) / "xunji" / "command_line.py").exists()]
    if ours:
        kept["PYTHONPATH"] = os.pathsep.join(str(Path(path).resolve()) for path in ours)
    return {**kept, **changes}
