"""`xunji export`: what is wrong with an order is told; no empty file is made of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from storage.database import Database
from xunji.command_line import build_app

DAY = ["--from=2026-09-22", "--to=2026-09-23"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (["--device=99"], "no unit 99"),
        (["--kind=speeding"], "--what violations"),
        (["--what=violations", "--kind=speding"], "one of"),
    ],
)
def test_what_there_is_not_cannot_be_exported(
    plain_database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wrong: list[str],
    told: str,
) -> None:
    monkeypatch.setenv("XUNJI_DATABASE__URL", plain_database.url)
    path = tmp_path / "a.csv"
    result = CliRunner().invoke(build_app("export"), ["export", str(path), *DAY, *wrong])
    assert (result.exit_code, path.exists()) == (2, False)
    assert told in result.output
