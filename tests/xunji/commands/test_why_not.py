"""`xunji why-not`: names become ids, answers come clause by clause, mistakes say what there is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from storage.database import open_database
from storage.migrate import migrate
from tests.api.town import build_town
from tests.servers import DatabaseServer
from xunji.command_line import build_app


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build_app("why-not"), ["why-not", *arguments])
    return result.exit_code, result.output


@pytest.fixture
def url(plain_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> str:
    made = plain_server.create()
    monkeypatch.setenv("XUNJI_DATABASE__URL", made)

    async def build() -> None:
        database = await open_database(made, Path())
        await migrate(database)
        await build_town(database)
        await database.close()

    asyncio.run(build())
    return made


@pytest.mark.usefixtures("url")
def test_answers_and_mistakes() -> None:
    asked = ("苏A00000", "Uncovered load uncovered")
    status, output = run(*asked, "--at", "2026-09-22T12:02:00Z")
    assert (status, output.splitlines()[0][:15]) == (0, "condition_false")
    assert "  - cover open / 篷盖未闭" in output.splitlines()
    status, output = run(*asked, "--from", "2026-09-22T12:00Z", "--to", "2026-09-22T12:18Z")
    starts = [line for line in output.splitlines() if line.startswith("2026")]
    assert [line[11:19] for line in starts] == ["12:00:00", "12:05:00", "12:12:10"]
    assert "raised: a violation was raised" in starts[1]
    for arguments, words in (
        (("苏X", asked[1]), "there is no '苏X'; take one of: #1 苏A00000"),
        ((asked[0], "uncovered_load"), "several are called"),
        ((*asked, "--at", "soon"), "is not a time"),
        ((*asked, "--from", "2026-09-22"), "--from with"),
        ((*asked, "--at", "2999-01-01"), "in the future"),
    ):
        status, output = run(*arguments)
        assert status == 2
        assert words in output
