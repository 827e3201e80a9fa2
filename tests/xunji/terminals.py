"""A register for the commands that look into one."""

from __future__ import annotations

from pathlib import Path

from model.rulebook import Device
from storage.database import open_database
from storage.migrate import migrate
from storage.organisations import create_organisation
from storage.rulebook import register_device

TERMINALS = (
    ("handset", "1", "inspector"),
    ("handset", "2", "inspector"),
    ("owntracks", "li/phone", "inspector"),
    ("jt808", "13800000001", "muck_truck"),
)


async def register(url: str, folder: Path) -> None:
    """Three inspectors' phones of one organisation, and a truck."""
    database = await open_database(url, folder)
    try:
        await migrate(database)
        async with database.pool.connection() as conn:
            organisation_id = await create_organisation(conn, "市局", "City")
            for protocol, identity, kind in TERMINALS:
                device = Device(
                    id=0, organisation_id=organisation_id, identity=identity, protocol=protocol,
                    kind=kind, name=identity,
                )  # fmt: skip
                await register_device(conn, device)
    finally:
        await database.close()
