"""The database of a torture run: embedded, stopped, killed, its disk filled."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from storage.embedded import EmbeddedServer, start_embedded_now

DISK_MB = 320
READY_LIMIT_S = 60.0
_FILLER = "filler"


class TortureDatabase:
    """An embedded server in `folder`, on a small tmpfs of its own where we may mount one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: EmbeddedServer | None = None
        self._mounted = False
        self.disk = "not filled"

    def open(self) -> None:
        """Mount and start."""
        self._folder.mkdir(parents=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(self._folder)]
        try:
            subprocess.run(mount, check=True, capture_output=True, text=True)  # noqa: S603
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None) or str(error)
            self.disk = f"not filled: no tmpfs could be mounted ({said.strip()})"
        else:
            self._mounted, self.disk = True, f"tmpfs of {DISK_MB} MB"
        self.start()

    def close(self) -> None:
        """Stop and unmount."""
        self._give_back()
        if self._mounted:
            unmount = ["umount", "-l", str(self._folder)]
            subprocess.run(unmount, check=False, capture_output=True)  # noqa: S603
            self._mounted = False

    def url(self, name: str) -> str:
        """The address of a database on it, made if it is not there."""
        assert self._server is not None
        with psycopg.connect(self._server.url, autocommit=True) as conn:
            known = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if known.fetchone() is None:
                conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return make_conninfo(self._server.url, dbname=name)

    def start(self) -> None:
        """Start it, or see that it runs: one whose disk was full may have stopped itself."""
        if self._server is not None and not self._answers():
            self._give_back()
        if self._server is None:
            self._server = start_embedded_now(self._folder)

    def stop(self) -> None:
        """Clean shutdown; who is connected is cut off."""
        self._signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        self._give_back()

    def kill(self) -> None:
        """Kill -9."""
        self._signal(signal.SIGKILL)
        self._give_back()

    def fill_disk(self) -> bool:
        """Take all room that is left on its disk."""
        if not self._mounted:
            return False
        with (self._folder / _FILLER).open("wb", buffering=0) as filler:
            with contextlib.suppress(OSError):
                while True:
                    filler.write(bytes(65_536))
            with contextlib.suppress(OSError):
                while True:
                    filler.write(bytes(512))
        return True

    def free_disk(self) -> None:
        """Give the room back; a server that has stopped for lack of it is started."""
        (self._folder / _FILLER).unlink(missing_ok=True)
        self.start()

    def _answers(self) -> bool:
        """Whether it lets us in; one that is recovering is waited for."""
        assert self._server is not None
        ends_s = time.monotonic() + READY_LIMIT_S
        while time.monotonic() < ends_s:
            try:
                psycopg.connect(self._server.url).close()
            except psycopg.OperationalError as error:
                if "starting up" not in str(error) and "recovery" not in str(error):
                    return False
                time.sleep(0.1)
            else:
                return True
        return False

    def _signal(self, number: int) -> None:
        pid_file = self._folder / "postgres" / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            process = psutil.Process(int(pid_file.read_text().partition("\n")[0]))
            own = [process, *process.children()]
            os.kill(process.pid, number)
            psutil.wait_procs(own, timeout=READY_LIMIT_S)

    def _give_back(self) -> None:
        if self._server is not None:
            self._server.stop_now()
            self._server = None
