"""The register of terminals as the doors know it, kept in step with what people change."""

from __future__ import annotations

import asyncio

import structlog

from gateway.counters import Counters
from gateway.directory import Directory
from gateway.enrolment import Enrolment
from storage.database import Database
from storage.registration import Registration
from xunji.privacy import OffShift
from xunji.settings import Settings
from xunji.terminal_profiles import profiles_of, tell_profiles

_log = structlog.get_logger(__name__)


class Register:
    """`directory` is what the doors ask; `off_shift` is refreshed with it. Raises ProfileError,
    OSError when a terminal profile cannot be used."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        secret: str,
        counters: Counters,
        off_shift: OffShift | None,
    ) -> None:
        gateway = settings.gateway
        self._every_s = gateway.register_refresh_s
        self._stored = stored = Registration(database.pool)
        self._profiles = profiles_of(gateway.profiles_dir)
        self._off_shift = off_shift
        self.directory = Directory(
            secret.encode(),
            open_to_all=gateway.auto_register,
            organisation_id=gateway.auto_register_organisation_id,
            reserve=stored.reserve,
            write_newcomers=stored.write_newcomers,
            write_strangers=stored.write_strangers,
            counters=counters,
            enrolment=Enrolment(
                refuse=gateway.registration == "refuse", write=stored.write_introduced
            ),
            any_code=gateway.log_in == "register",
            files_server=(gateway.files_host and (gateway.files_host, gateway.files_port)) or None,
        )

    async def refresh(self) -> None:
        """Let the doors know the register as it is now."""
        codes, tokens = await self._stored.load_codes(), await self._stored.load_tokens()
        self.directory.refresh(await self._stored.load_devices(), codes, tokens)
        tell_profiles(self._profiles, await self._stored.load_profiles())
        if self._off_shift is not None:
            await self._off_shift.refresh()

    async def follow(self) -> None:
        """Units that people add or change are known to the doors soon after; for ever."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self.refresh()
            except Exception as error:
                _log.warning("register_refresh_waits", error=str(error))
