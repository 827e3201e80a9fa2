"""What the API is given by the composition root; `create_app(services)` needs nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from typing import Protocol as Interface

from pipeline.contract import Clock
from pipeline.live import LiveHub
from storage.database import Database
from storage.replica import Replica
from xunji.settings import Settings


class SettableClock(Interface):
    """A clock that can be set (`xunji.clock.SimulatedClock`)."""

    def now_us(self) -> int: ...

    def advance_to(self, now_us: int) -> None:
        """Raises ValueError when time would run backwards."""


async def _no_tick() -> None:
    """Nothing to flush: no gateway runs in this process."""


@dataclass(slots=True)
class Services:
    """`secret` signs tokens. `gateway_status()`: at least `{"counters": {name: int}}`.
    `terminal_link(device_id)`: as Gateway.link_of. `spool_status()`: as
    pipeline.spooling.spool_status. `storage_status()`: `{"level", "free_bytes", "full_on"}`, {}
    before it was measured.

    `demo_grade()`: `{raised, true, false, missed, pending}` or None. `force_tick()` flushes what
    was received and records a tick. `wake_commands()`: one was queued just now. `test_clock`: None
    unless time is simulated. `basemap`: a GeoJSON FeatureCollection or the file that holds it.
    `replica`: where history is read.
    """

    database: Database
    clock: Clock
    live: LiveHub
    settings: Settings
    secret: str
    gateway_status: Callable[[], dict[str, Any]] = dict
    terminal_link: Callable[[int], dict[str, Any]] = lambda _: {}
    storage_status: Callable[[], dict[str, Any]] = dict
    spool_status: Callable[[], dict[str, Any]] = lambda: {"state": "empty"}
    demo_grade: Callable[[], dict[str, Any] | None] = lambda: None
    force_tick: Callable[[], Awaitable[None]] = _no_tick
    wake_commands: Callable[[], None] = lambda: None
    test_clock: SettableClock | None = None
    basemap: Path | dict[str, Any] | None = None
    replica: Replica | None = None
    page_dir: Path = field(default_factory=lambda: Path(__file__).parent / "page")
