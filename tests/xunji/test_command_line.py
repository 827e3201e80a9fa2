"""Every command can be reached alone and together."""

from __future__ import annotations

import subprocess
import sys
from pkgutil import iter_modules

import pytest
from typer.testing import CliRunner

import xunji.commands
from xunji.command_line import build_app

NAMES = sorted(m.name.rstrip("_").replace("_", "-") for m in iter_modules(xunji.commands.__path__))


@pytest.mark.parametrize("name", NAMES)
def test_a_command_is_named_as_its_module_and_has_help(name: str) -> None:
    result = CliRunner().invoke(build_app(name), [name, "--help"])
    assert result.exit_code == 0, result.output


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(build_app(), ["--help"])
    assert result.exit_code == 0
    assert all(f" {name} " in result.output for name in NAMES)


def test_decoding_a_frame_loads_no_server() -> None:
    program = (
        "import sys; from xunji.command_line import build_app; build_app('decode');"
        "sys.exit(bool({'fastapi', 'shapely', 'psycopg'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
