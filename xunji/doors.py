"""The gateway and what stands behind it, from the settings."""

from __future__ import annotations

from functools import lru_cache

from gateway.counters import Counters
from gateway.directory import Directory
from gateway.gateway import Gateway
from pipeline.contract import Clock, Ingest
from pipeline.live import LiveHub
from pipeline.media import MediaLoop
from pipeline.notes import NoteLoop
from pipeline.sightings import SightingIntake
from storage.command_queue import CommandQueue
from storage.database import Database
from storage.instants import DAY_US
from storage.media import MediaStore
from storage.terminal_media import TerminalMedia
from storage.terminal_messages import TerminalMessages
from xunji.options import gateway_options
from xunji.settings import Settings

FILES_SHARED = 2  # upgrades in memory, each once for all terminals that it goes to


def build_gateway(
    settings: Settings,
    database: Database,
    *,
    ingest: Ingest,
    clock: Clock,
    directory: Directory,
    counters: Counters,
    live: LiveHub,
) -> tuple[Gateway, MediaLoop, NoteLoop]:
    """The gateway, not started yet, and the loops that store photos and messages for it."""
    store = MediaStore(settings.data_dir / "media")
    media = MediaLoop(TerminalMedia(database, store), directory.actual_device)
    notes = NoteLoop(
        TerminalMessages(database.pool), directory.actual_device, directory.write_newcomers
    )
    retention_us = settings.database.retention_days * DAY_US
    gateway = Gateway(
        gateway_options(settings),
        ingest=ingest,
        clock=clock,
        directory=directory,
        commands=CommandQueue(database.pool),
        counters=counters,
        live=live,
        media=media,
        notes=notes,
        file_of=lru_cache(FILES_SHARED)(lambda sha256: store.path(sha256).read_bytes()),
        sightings=SightingIntake(database, store, clock, retention_us),
    )
    return gateway, media, notes
