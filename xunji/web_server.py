"""uvicorn as a part among others: it leaves signals and exits to the command line."""

from __future__ import annotations

import contextlib
from typing import Any

import uvicorn


class QuietUvicorn(uvicorn.Server):
    """A server that neither takes signals nor ends the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield

    async def startup(self, sockets: Any = None) -> None:
        with contextlib.suppress(SystemExit):  # a taken port: the caller says it better
            await super().startup(sockets=sockets)
