"""Photos that terminals of the town have uploaded."""

from __future__ import annotations

import random

from model.uploads import TerminalFile
from simulators.terminal.camera import photo
from storage.media import MediaStore
from storage.terminal_media import TerminalMedia
from tests.api.town import Town
from tests.api.traffic import (
    MINUTE_US,
    NOW_US,
)


async def photo_of(town: Town, name: str, number: int = 7) -> int:
    """A photo that a truck has uploaded, 10 minutes ago; its id."""
    file = TerminalFile(
        device_id=town.devices[name].id,
        media_number=number,
        event="command",
        channel=1,
        data=photo(1, random.Random(number)),
        received_us=NOW_US,
        taken_us=NOW_US - 10 * MINUTE_US,
        longitude_e6=118_800_000,
        latitude_e6=32_050_000,
    )
    store = MediaStore(town.services.settings.data_dir / "media")
    return await TerminalMedia(town.database, store).keep(file)
