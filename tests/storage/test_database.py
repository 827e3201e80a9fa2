"""Which database is trusted, and what a user reads about one that is not."""

from __future__ import annotations

import getpass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from storage import migrate as migrations
from storage.database import Database, open_database, recorded_mode
from storage.migrate import migrate
from storage.problems import ADVICE, DatabaseProblem
from tests.servers import DatabaseServer, address


async def test_opens_in_the_servers_mode(database: Database, server: DatabaseServer) -> None:
    assert database.mode == server.mode
    assert not database.embedded
    async with database.pool.connection() as conn:
        cursor = await conn.execute(
            "SELECT current_setting('statement_timeout'), current_setting('TimeZone'),"
            " (SELECT relkind FROM pg_class WHERE oid = 'positions'::regclass)"
        )
        limit, zone, kind = await cursor.fetchone() or ()
    assert (limit, zone) == ("30s", "UTC")
    assert kind == ("p" if database.mode == "plain" else "r")


async def test_a_database_keeps_the_mode_of_its_schema(server: DatabaseServer) -> None:
    url = server.create("template0")
    try:
        plain = await open_database(url, Path(), timescale=False)
        await migrate(plain)
        await plain.close()
        again = await open_database(url, Path())
        try:
            assert (plain.mode, again.mode) == ("plain", "plain")
            conn = await again.connect()
            assert await recorded_mode(conn) == "plain"
            await conn.close()
        finally:
            await again.close()
    finally:
        server.drop(url)


async def _problem(url: str) -> DatabaseProblem:
    with pytest.raises(DatabaseProblem) as caught:
        await open_database(url, Path())
    problem = caught.value
    assert problem.mend("zh") in str(problem)
    assert problem.mend("en") in str(problem)
    return problem


async def test_nobody_listens() -> None:
    problem = await _problem("postgresql://user:hush@127.0.0.1:1/none")
    assert problem.code == "unreachable"
    assert "hush" not in str(problem)


async def test_a_url_that_is_none() -> None:
    problem = await _problem("postgresql://[half")
    assert problem.code == "bad_url"


async def test_no_such_database(plain_server: DatabaseServer) -> None:
    problem = await _problem(address(plain_server.url, "nowhere"))
    assert problem.code == "unreachable"
    assert "nowhere" in str(problem)


async def test_asynchronous_commit_is_refused(server: DatabaseServer) -> None:
    url = server.create()
    name = sql.Identifier(str(psycopg.conninfo.conninfo_to_dict(url)["dbname"]))
    server.run(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))
    try:
        assert (await _problem(url)).code == "asynchronous_commit"
    finally:
        server.drop(url)


async def test_a_read_only_database_is_refused(plain_server: DatabaseServer) -> None:
    url = plain_server.create()
    name = sql.Identifier(str(psycopg.conninfo.conninfo_to_dict(url)["dbname"]))
    statement = "ALTER DATABASE {} SET default_transaction_read_only = on"
    plain_server.run(sql.SQL(statement).format(name))
    try:
        assert (await _problem(url)).code == "read_only"
    finally:
        plain_server.drop(url)


def lesser_user(server: DatabaseServer) -> str:
    """A role that may log in and nothing more."""
    name = f"reader_{getpass.getuser()}"
    exists = sql.SQL("SELECT 1 FROM pg_roles WHERE rolname = {}").format(sql.Literal(name))
    if not server.run(exists):
        server.run(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    return name


async def test_without_rights(server: DatabaseServer) -> None:
    user = lesser_user(server)
    url = server.create("template0")
    try:
        problem = await _problem(psycopg.conninfo.make_conninfo(url, user=user))
        assert problem.code == "no_rights"
        assert user in str(problem)
    finally:
        server.drop(url)


@pytest.mark.timescale
async def test_without_the_right_to_the_extension(timescale_server: DatabaseServer) -> None:
    user = lesser_user(timescale_server)
    url = timescale_server.create("template0")
    theirs = psycopg.conninfo.make_conninfo(url, user=user)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    try:
        assert (await _problem(theirs)).code == "no_extension_rights"
        plain = await open_database(theirs, Path(), timescale=False)
        assert await migrate(plain) == [m.name for m in migrations.migrations("plain")]
        await plain.close()
    finally:
        timescale_server.drop(url)


async def test_the_extension_is_gone(plain_server: DatabaseServer) -> None:
    url = plain_server.create()
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("UPDATE schema_migrations SET mode = 'timescale'")
    try:
        assert (await _problem(url)).code == "extension_lost"
    finally:
        plain_server.drop(url)


async def test_too_old(plain_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    # No server older than 15 can be had here: raise the bar instead.
    monkeypatch.setattr("storage.database.MINIMUM_VERSION", 990_000)
    problem = await _problem(plain_database.url)
    assert problem.code == "too_old"


@pytest.mark.parametrize("code", ADVICE)
def test_every_problem_says_what_to_do(code: str) -> None:
    problem = DatabaseProblem(code, "this one")
    for language in ("zh", "en"):
        assert "this one" in problem.text(language)
        assert len(problem.mend(language)) > 10
