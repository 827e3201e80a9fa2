"""`xunji migrate` says where a database stands, and what to do without one."""

from __future__ import annotations

from typer.testing import CliRunner

from storage.migrate import migrations
from tests.servers import DatabaseServer
from xunji.command_line import build_app


def test_migrate_says_where_it_stands(plain_server: DatabaseServer) -> None:
    url = plain_server.create("template0")
    names = [migration.name for migration in migrations("plain")]
    outputs = []
    try:
        for arguments in (["migrate", "--status"], ["migrate"], ["migrate", "--status"]):
            environment = {"XUNJI_DATABASE__URL": url}
            result = CliRunner().invoke(build_app(), arguments, env=environment)
            assert result.exit_code == 0, result.output
            outputs.append(result.output)
    finally:
        plain_server.drop(url)
    for name in names:
        assert f"{name}: pending" in outputs[0]
        assert f"{name}: applied now" in outputs[1]
        assert f"{name}: applied\n" in outputs[2]


def test_migrate_without_a_server_says_what_to_do() -> None:
    environment = {"XUNJI_DATABASE__URL": "postgresql://127.0.0.1:1/x"}
    result = CliRunner().invoke(build_app(), ["migrate"], env=environment)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert "XUNJI_DATABASE__URL" in result.output
