"""`xunji device`: tokens for one, for all that lack one, and for a broker."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from model.tokens import check_token
from tests.servers import DatabaseServer
from tests.xunji.terminals import register
from xunji.command_line import build_app


@pytest.fixture
def url(plain_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    made = plain_server.create()
    monkeypatch.setenv("XUNJI_DATABASE__URL", made)
    monkeypatch.setenv("XUNJI_DATA_DIR", str(tmp_path))
    return made


def run(*words: str) -> list[str]:
    done = CliRunner().invoke(build_app(), ["device", *words])
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


def test_tokens_are_issued_shown_once_and_given_to_a_broker(url: str, tmp_path: Path) -> None:
    asyncio.run(register(url, tmp_path))
    (line,) = run("token", "1")
    token = line.removeprefix("token  ")
    (line,) = run("tokens")
    assert line.startswith("2,")
    shown = run("token", "li/phone", "--protocol", "owntracks")
    assert [line.partition(" ")[0] for line in shown] == ["token", "encryption-key"]
    assert run("tokens") == []
    lines = dict(line.split(":", 1) for line in run("passwords"))
    assert sorted(lines) == ["1", "2", "li"]
    assert check_token(token, lines["1"])
    with psycopg.connect(url) as conn:
        stored = conn.execute("SELECT token_hash FROM devices WHERE identity = '1'").fetchone()
    assert stored == (lines["1"],)


def test_a_terminal_that_is_not_there(url: str, tmp_path: Path) -> None:
    asyncio.run(register(url, tmp_path))
    done = CliRunner().invoke(build_app(), ["device", "token", "9"])
    assert done.exit_code == 2
    assert "called 9" in done.output
