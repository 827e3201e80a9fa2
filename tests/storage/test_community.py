"""What only TimescaleDB's Community edition has (columnstore, its policies), on that edition.

Debian ships the Apache edition, so that most tests see that one. This runs the same statements in
WebAssembly: one session, without COPY, small; whether the edition understands us is what it says.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.columnstore import ensure_columnstore, has_columnstore
from storage.database import Connection, Database, connect, extension_versions
from storage.instants import DAY_US
from storage.migrate import migrate
from storage.retention import drop_expired
from storage.tracks import positions_of
from storage.usage import usage
from tests.servers import REPOSITORY, lacking
from tests.storage.rows import NOON_US, scalar, unit
from tests.storage.test_disk import run_policies

MODULES = REPOSITORY / "web" / "node_modules" / "@unni-craftsman" / "pglite"
DAYS, A_DAY = 3, 1_000
_FILL = """
INSERT INTO positions
SELECT {device}, {organisation}, '2026-09-20T00:00:00Z'::timestamptz + n * interval '{step} s', 0,
       800, 118000000 + n, 32000000, 8, 250, 90, 5, 1, 12, n, 0, 1, NULL
FROM generate_series(0, {count} - 1) AS n
"""


@pytest.fixture
def community() -> Iterator[str]:
    """The URL of a new database."""
    node = shutil.which("node")
    if node is None or not MODULES.is_dir():
        lacking("timescale", "Node.js or the page's modules are missing (`tools/page modules`)")
    folder = Path(tempfile.mkdtemp(prefix="xunji-"))
    package = str(REPOSITORY / "web" / "package.json")
    script = Path(__file__).with_name("community.mjs")
    command = [str(node), str(script), package, str(folder / ".s.PGSQL.5432")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            options = f"host={folder}&sslmode=disable&gssencmode=disable"
            yield f"postgresql://postgres:password@/postgres?{options}"
        finally:
            process.kill()
            shutil.rmtree(folder)


@pytest.mark.timescale
async def test_the_statements_of_the_columnstore_are_understood(community: str) -> None:
    conn = await connect(community)
    await conn.execute("CREATE EXTENSION timescaledb")
    assert (await extension_versions(conn))[0] is not None
    assert await has_columnstore(conn, "timescale")
    await conn.close()
    # One session has no pool; migrating takes a connection of its own.
    await migrate(Database(community, "timescale", None))  # type: ignore[arg-type]
    conn = await connect(community)
    try:
        await _compress(conn)
    finally:
        await conn.close()


async def _compress(conn: Connection) -> None:
    device = await unit(conn)
    given = {"device": device.id, "organisation": device.organisation_id, "step": 86_400 // A_DAY}
    await conn.execute(_FILL.format(**given, count=DAYS * A_DAY).encode())
    assert await ensure_columnstore(conn) == ["positions", "raw_frames"]
    assert await ensure_columnstore(conn) == []
    period = (NOON_US - 3 * DAY_US, NOON_US + DAY_US)
    before = await positions_of(conn, device.id, *period)
    assert len(before) == DAYS * A_DAY
    await run_policies(conn)
    assert (await positions_of(conn, device.id, *period)).tolist() == before.tolist()
    assert (await usage(conn, "timescale")).days["positions"][0].compressed
    late = _FILL.replace("n * interval", "interval '7 s' + n * interval")
    await conn.execute(late.format(**given, count=5).encode())
    await run_policies(conn)
    assert len(await positions_of(conn, device.id, *period)) == DAYS * A_DAY + 5
    compressed = "SELECT count(*) FROM timescaledb_information.chunks WHERE is_compressed"
    assert await scalar(conn, compressed) >= 2
    dropped = await drop_expired(conn, "timescale", NOON_US, 1, 1)
    assert len(dropped.positions) >= 1
    assert 0 < len(await positions_of(conn, device.id, *period)) < DAYS * A_DAY
