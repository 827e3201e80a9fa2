"""`xunji evidence`: what it says and its exit status."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from storage.evidence import freeze_evidence
from tests.servers import DatabaseServer
from xunji.command_line import build_app


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build_app("evidence"), ["evidence", *arguments])
    return result.exit_code, result.output


@pytest.fixture
def url(plain_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Two closed violations, frozen; a third is open."""
    made = plain_server.create()
    monkeypatch.setenv("XUNJI_DATABASE__URL", made)
    monkeypatch.setenv("XUNJI_DATA_DIR", str(tmp_path))
    asyncio.run(fill(made))
    return made


async def fill(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url) as conn:
        await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'City')")
        await conn.execute(
            "INSERT INTO devices (id, organisation_id, identity, protocol, kind, name)"
            " VALUES (1, 1, '7', 'jt808', 'muck_truck', '7')"
        )
        await conn.execute(
            "INSERT INTO violations (id, organisation_id, device_id, rule_id, rule_version, kind,"
            " severity, found_severity, told_severity, started_at, last_at, longitude_e6,"
            " latitude_e6, raised_at, status) SELECT n, 1, 1, 1, 1, 'x', 'info', 'info', 'info',"
            " now(), now(), 0, 0, now(), CASE WHEN n < 3 THEN 'closed' ELSE 'open' END"
            " FROM generate_series(1, 3) n"
        )
        for number in (1, 2):
            await freeze_evidence(conn, number, {"n": number}, [], 0)


def change(url: str, statement: str) -> None:
    with psycopg.connect(url) as conn:
        conn.execute(statement.encode())


def test_verify_names_the_first_broken_link(url: str) -> None:
    status, said = run("verify")
    assert (status, said.partition(";")[0]) == (0, "2 packs, unbroken")
    head = said.split()[-1]
    assert run("verify", "--head", head)[0] == 0
    status, said = run("verify", "--head", "f" * 64)
    assert (status, "no pack has the hash" in said) == (1, True)
    change(url, "UPDATE evidence_packs SET sha256 = repeat('a', 64) WHERE sequence = 2")
    status, said = run("verify")
    assert status == 1
    assert "1 packs are good, then pack 2 (violation 2) is broken" in said


@pytest.mark.parametrize("arguments", [("replay", "3"), ("export", "3", "x.zip"), ("replay", "9")])
def test_what_is_not_frozen(url: str, arguments: tuple[str, ...]) -> None:
    status, said = run(*arguments)
    assert (status, "has no frozen evidence" in said) == (1, True)


def test_a_pack_of_an_earlier_version_says_why_it_cannot_be_replayed(url: str) -> None:
    status, said = run("replay", "1")
    assert (status, "before packs kept what a replay needs" in said) == (1, True)
