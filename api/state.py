"""What lives as long as the application does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from api.latest import LatestPositions
from api.live.relay import Relay
from api.login_limit import LoginLimit
from api.patrol.cells import CellVisits
from api.services import Services
from api.status import StatusCache
from pipeline.back_tests import BackTests
from pipeline.duty_hours import DutyHours
from pipeline.export.jobs import ExportJobs
from pipeline.fence_export import FenceExports
from pipeline.patrol_ground import PatrolGround
from pipeline.take_in.jobs import ImportJobs
from storage.instants import DAY_US
from storage.media import MediaStore
from storage.scope import ScopeCache

# Argon2 takes 64 MiB and a core for tens of milliseconds: no more at a time.
PARALLEL_PASSWORD_CHECKS = 2


@dataclass(slots=True)
class AppState:
    """Caches and the live relay; everything durable is in the database."""

    services: Services
    latest: LatestPositions
    relay: Relay
    cells: CellVisits
    back_tests: BackTests
    fence_exports: FenceExports
    exports: ExportJobs
    imports: ImportJobs
    duty: DutyHours | None = None  # whose fixes are hidden outside their shifts
    patrol_ground: PatrolGround = field(default_factory=PatrolGround)
    status_cache: StatusCache = field(default_factory=StatusCache)
    scopes: ScopeCache = field(default_factory=ScopeCache)
    login_limit: LoginLimit = field(default_factory=LoginLimit)
    password_checks: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(PARALLEL_PASSWORD_CHECKS)
    )

    @staticmethod
    def of(services: Services) -> AppState:
        """State that has not started anything yet."""
        settings, database = services.settings, services.database
        hides = settings.privacy.off_shift != "show"
        duty = DutyHours() if hides else None
        latest = LatestPositions(services.clock, duty=duty)
        return AppState(
            services,
            latest,
            Relay(services, latest),
            CellVisits(services.clock),
            BackTests(database.url),
            FenceExports(database.url),
            ExportJobs(database, services.clock, settings.data_dir / "exports"),
            ImportJobs(
                database,
                services.clock,
                settings.data_dir / "imports",
                retention_us=settings.database.retention_days * DAY_US,
                drop_off_shift=settings.privacy.off_shift == "drop",
            ),
            duty=duty,
        )

    @property
    def media(self) -> MediaStore:
        """Photos, in the data folder."""
        return MediaStore(self.services.settings.data_dir / "media")

    def tell_violation(self, violation_id: int) -> None:
        """Show a changed violation to whoever looks; call it after the commit."""
        self.services.live.publish(0, "violation", {"id": violation_id})

    def tell_command(self, command_id: int) -> None:
        """Show a new or changed command to whoever looks, and send it; call after the commit."""
        self.services.wake_commands()
        self.services.live.publish(0, "command", {"id": command_id})
