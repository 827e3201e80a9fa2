"""One process with everything: gateway, ingest, rules, outbox, API, beside one database.

Parts are started in the order in which data flows backwards (database, rules, API, doors) and
stopped in the order in which it flows: doors stop listening, ingest commits and acknowledges what
was received, the rules judge it, then the rest closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

import structlog
import uvicorn

from alerts.outbox import Outbox
from api.app import create_app
from api.driver_texts import driver_text
from api.services import Services
from api.violation_view import violation_json
from gateway.counters import Counters
from pipeline.contract import Clock
from pipeline.evaluate_beside import EvaluatorBeside
from pipeline.live import LiveHub
from pipeline.waybills import WaybillReading
from protocols.jt808 import JT808
from protocols.jt808.profiles import ProfileError
from storage.database import open_database
from storage.journal import last_journal_id
from storage.migrate import migrate
from storage.organisations import any_organisation, create_organisation, organisation_exists
from xunji.clock import SimulatedClock
from xunji.doors import build_gateway
from xunji.housekeeping import Housekeeping
from xunji.intake import build_intake, open_spool
from xunji.options import RULES_PROCESS, alert_options, clock_of, replica_of, rules_order, secret_of
from xunji.privacy import off_shift_of
from xunji.register import Register
from xunji.settings import Settings
from xunji.summaries import summing_up
from xunji.web_server import QuietUvicorn

_log = structlog.get_logger(__name__)
STOP_LIMIT_S = 15.0


class SettingsProblem(Exception):
    """Settings that contradict each other; the text says what to do."""


class Server:
    """`async with Server(settings) as server`: runs until the block ends.

    `demo_grade` and `basemap` are for the demo. `clock`: the setting's clock, simulated only
    outside production. `ports` and `url` tell where it listens.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        basemap: dict[str, Any] | None = None,
        demo_grade: Callable[[], dict[str, Any] | None] = lambda: None,
    ) -> None:
        if settings.clock == "simulated" and settings.production:
            raise SettingsProblem(
                "simulated time is refused in production: set XUNJI_PRODUCTION=false on a test"
                " server, or XUNJI_CLOCK=system"
            )
        self.settings = settings
        self.clock: Clock = clock or clock_of(settings)
        self.live = LiveHub()
        self.counters = Counters()
        self._basemap = basemap
        self._demo_grade = demo_grade
        self._stack = contextlib.AsyncExitStack()
        self._failed: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Server:
        self._failed = asyncio.get_running_loop().create_future()
        async with contextlib.AsyncExitStack() as stack:
            await self._start(stack)
            self._stack = stack.pop_all()
        gc.freeze()  # what stays is not looked through again: that took 0.15 s, every few seconds
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        gc.unfreeze()
        await self._stack.aclose()
        if self._failed is not None and self._failed.done():
            self._failed.exception()

    async def failed(self) -> None:
        """Wait until a part ends that never should; raises what ended it."""
        assert self._failed is not None
        await asyncio.shield(self._failed)

    @property
    def url(self) -> str:
        """The page's address."""
        host = self.settings.http.host
        return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{self.http_port}"  # noqa: S104

    async def flush(self) -> None:
        """Commit all that was received, record a tick of the clock now, judge both."""
        self.evaluator.look_again()
        await self.ingest.tick()
        await self.evaluator.settled()

    async def _start(self, stack: contextlib.AsyncExitStack) -> None:
        settings = self.settings
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        chosen = settings.database
        self.database = await open_database(
            chosen.url, settings.data_dir, timescale=chosen.timescale
        )
        stack.push_async_callback(self.database.close)
        await migrate(self.database)
        await self._check_organisation()
        self.secret = secret_of(settings)
        async with self.database.pool.connection() as conn:
            stored_id = await last_journal_id(conn)
        self.spool = await open_spool(settings, stored_id)
        stack.push_async_callback(self.spool.close)
        journal_id = max(stored_id, self.spool.last_journal_id)
        self._start_rules(stack, journal_id)
        await self._start_ingest(stack, journal_id)
        await self._start_gateway(stack)
        self._start_alerts(stack)
        await self._start_api(stack)

    async def _check_organisation(self) -> None:
        """Newcomers need an organisation: a new server gets its first one here."""
        gateway = self.settings.gateway
        if not gateway.auto_register:
            return
        async with self.database.pool.connection() as conn:
            if not await any_organisation(conn):
                await create_organisation(conn, "城市管理局", "Urban Management Bureau")
            known = await organisation_exists(conn, gateway.auto_register_organisation_id)
        if not known:
            raise SettingsProblem(
                f"organisation {gateway.auto_register_organisation_id} does not exist: set"
                " XUNJI_GATEWAY__AUTO_REGISTER_ORGANISATION_ID to one that does (GET"
                " /api/v1/organisations lists them)"
            )

    def _start_rules(self, stack: contextlib.AsyncExitStack, journal_id: int) -> None:
        order = rules_order(self.settings, self.database.url, self.clock, journal_id)
        self.evaluator = EvaluatorBeside(RULES_PROCESS, order, self.clock, self.live)
        task = self._run(self.evaluator.run(), "rules")

        async def stop() -> None:
            await self.evaluator.stop()
            await _ended(task)

        stack.push_async_callback(stop)
        self.housekeeping = Housekeeping(self.database, self.clock, self.settings)
        keeping = self._run(self.housekeeping.run(), "housekeeping")
        stack.push_async_callback(_cancelled, keeping)
        for name, work in summing_up(self.database, self.clock, self.settings).items():
            stack.push_async_callback(_cancelled, self._run(work, name))

    async def _start_ingest(self, stack: contextlib.AsyncExitStack, journal_id: int) -> None:
        database, settings = self.database, self.settings
        off_shift = await off_shift_of(settings, database, self.clock, self.counters)
        try:
            self.register = Register(settings, database, self.secret, self.counters, off_shift)
        except (ProfileError, OSError) as error:
            raise SettingsProblem(f"a terminal profile cannot be used: {error}") from error
        await self.register.refresh()
        self.intake = build_intake(
            settings,
            database,
            self.spool,
            clock=self.clock,
            directory=self.register.directory,
            counters=self.counters,
            off_shift=off_shift,
            live=self.live,
            on_committed=self.evaluator.committed,
            last_journal_id=journal_id,
        )
        self.ingest = self.intake.loop
        stack.push_async_callback(self.intake.close)
        stack.push_async_callback(_cancelled, self._run(self.intake.spooling.run(), "spool"))
        stack.push_async_callback(_ended, self._run(self.ingest.run(), "ingest"))
        stack.push_async_callback(_cancelled, self._run(self.register.follow(), "register"))

    async def _start_gateway(self, stack: contextlib.AsyncExitStack) -> None:
        self.gateway, media, notes = build_gateway(
            self.settings,
            self.database,
            ingest=self.ingest,
            clock=self.clock,
            directory=self.register.directory,
            counters=self.counters,
            live=self.live,
        )
        stack.push_async_callback(_cancelled, self._run(media.run(), "media"))
        stack.push_async_callback(_cancelled, self._run(notes.run(), "notes"))
        reading = WaybillReading(
            self.database, self.clock, lambda identity: JT808.profile_of(identity).waybill
        )
        stack.push_async_callback(_cancelled, self._run(reading.run(), "waybills"))
        await self.gateway.start()
        stack.push_async_callback(self.gateway.stop, self._drain)

    async def _drain(self) -> None:
        await self.ingest.stop(STOP_LIMIT_S)

    def _start_alerts(self, stack: contextlib.AsyncExitStack) -> None:
        outbox = Outbox(
            self.database,
            self.clock,
            alert_options(self.settings),
            describe=violation_json,
            warning_text=driver_text,
            show=lambda kind, id_: self.live.publish(0, kind, {"id": id_}),
        )
        stack.push_async_callback(_cancelled, self._run(outbox.run(), "outbox"))

    async def _start_api(self, stack: contextlib.AsyncExitStack) -> None:
        simulated = self.clock if isinstance(self.clock, SimulatedClock) else None
        services = Services(
            database=self.database,
            clock=self.clock,
            live=self.live,
            settings=self.settings,
            secret=self.secret,
            gateway_status=self.gateway.status,
            terminal_link=self.gateway.link_of,
            spool_status=self.intake.spool_status,
            storage_status=self.housekeeping.storage_status,
            demo_grade=self._demo_grade,
            force_tick=self.flush,
            wake_commands=self.gateway.commands.wake,
            test_clock=simulated,
            basemap=self._basemap,
            replica=replica_of(self.settings, stack),
        )
        http = self.settings.http
        config = uvicorn.Config(
            create_app(services),
            host=http.host,
            port=http.port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=3,
        )
        self._uvicorn = QuietUvicorn(config)
        task = self._run(self._uvicorn.serve(), "http")

        async def stop() -> None:
            self._uvicorn.should_exit = True
            await _ended(task)

        stack.push_async_callback(stop)
        while not self._uvicorn.started:
            if task.done():
                raise SettingsProblem(
                    f"cannot listen on {http.host}:{http.port}; another program may use it:"
                    " choose another with XUNJI_HTTP__PORT"
                )
            await asyncio.sleep(0.02)
        self.http_port = self._uvicorn.servers[0].sockets[0].getsockname()[1]

    def _run(self, work: Awaitable[None], name: str) -> asyncio.Task[None]:
        async def watched() -> None:
            try:
                await work
            except Exception as error:
                _log.exception("part_failed", part=name)
                if self._failed is not None and not self._failed.done():
                    self._failed.set_exception(error)

        return asyncio.create_task(watched(), name=name)


async def _ended(task: asyncio.Task[None]) -> None:
    await asyncio.wait([task], timeout=STOP_LIMIT_S)
    await _cancelled(task)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
