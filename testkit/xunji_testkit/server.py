"""A Xunji server as a subprocess for tests, with an embedded database and simulated time."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from xunji_testkit.api import Api
from xunji_testkit.program import ServerError, clean_environment, find_command
from xunji_testkit.terminal import Terminal

USERNAME, PASSWORD, ORGANISATION = "testkit", "testkit-password", "testkit"
HOST = "127.0.0.1"
START_LIMIT_S = 180
STOP_LIMIT_S = 30
PLACE = (118.80, 32.05)


@contextmanager
def running_server(
    folder: Path, settings: Mapping[str, str] | None = None
) -> Iterator[XunjiServer]:
    """A server with its data in `folder`; `settings` as XUNJI_... variables."""
    ports = dict(
        zip(("GATEWAY__PORT", "GATEWAY__JT808_PORT", "HTTP__PORT"), _free_ports(3), strict=True)
    )
    environment = {
        **clean_environment({f"XUNJI_{name}": str(port) for name, port in ports.items()}),
        "XUNJI_DATA_DIR": str(folder),
        "XUNJI_CLOCK": "simulated",
        "XUNJI_PRODUCTION": "false",
        "XUNJI_GATEWAY__HOST": HOST,
        "XUNJI_HTTP__HOST": HOST,
        "XUNJI_GATEWAY__REGISTER_REFRESH_S": "0.2",
        "XUNJI_MQTT__ENABLED": "false",
        "XUNJI_HTTP__WEBHOOK_ALLOW_PRIVATE": "true",
        **(settings or {}),
    }
    command = find_command()
    _make_account(command, environment, folder)
    url = f"http://{HOST}:{environment['XUNJI_HTTP__PORT']}"
    gateway = (HOST, int(environment["XUNJI_GATEWAY__PORT"]))
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [command, "serve"], env=environment, cwd=folder, stdout=log, stderr=log
        )
        try:
            _wait(process, url, folder / "server.log")
            with ExitStack() as terminals:
                yield XunjiServer(url, gateway, terminals, command)
        finally:
            _stop(process)


def _free_ports(many: int) -> list[int]:
    with ExitStack() as held:
        servers = [held.enter_context(socket.create_server((HOST, 0))) for _ in range(many)]
        return [int(server.getsockname()[1]) for server in servers]


def _make_account(command: str, environment: Mapping[str, str], folder: Path) -> None:
    made = subprocess.run(
        [command, "user", "add", USERNAME, "--organisation", ORGANISATION, "--password-stdin"],
        input=f"{PASSWORD}\n",
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise ServerError(f"xunji user add failed:\n{made.stdout}{made.stderr}")


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"{url}/api/v1/openapi.json", timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    said = log.read_text(encoding="utf-8", errors="replace")[-4000:]
    raise ServerError(f"xunji serve did not start:\n{said}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class XunjiServer:
    """A running server. Its time moves only when terminals drive or `advance` is called."""

    def __init__(
        self, url: str, gateway: tuple[str, int], terminals: ExitStack, command: str
    ) -> None:
        self.url = url
        self.gateway = gateway
        self.api = Api(url)
        self.api.log_in(USERNAME, PASSWORD)
        self._terminals = terminals
        self._command = command
        self._numbers = count(1)
        self._rules: list[dict[str, Any]] = []
        self.organisation_id: int = self.api.call("GET", "/me")["organisation"]["id"]

    def now(self) -> datetime:
        """The server's time."""
        return datetime.fromisoformat(self.api.call("GET", "/test/clock")["now"])

    def advance(self, until: datetime | timedelta | None = None, *, minutes: float = 0) -> None:
        """Let time pass: to a moment, or by a period. Returns when all before it is judged."""
        step = until if isinstance(until, timedelta) else timedelta(minutes=minutes)
        target = until if isinstance(until, datetime) else self.now() + step
        text = target.astimezone(UTC).isoformat().replace("+00:00", "Z")
        self.api.call("POST", "/test/clock", {"now": text})

    def terminal(
        self,
        kind: str = "muck_truck",
        *,
        phone: str | None = None,
        plate: str | None = None,
        position: tuple[float, float] = PLACE,
    ) -> Terminal:
        """A registered unit of this kind at (longitude, latitude), its terminal logged in."""
        number = next(self._numbers)
        phone = phone or f"{13_900_000_000 + number}"
        plate = plate or f"测A{number:05d}"
        device = self.add_device(phone, kind, plate)
        terminal = Terminal(
            self.gateway,
            phone,
            device["id"],
            now=self.now,
            pass_time=self.advance,
            position=position,
        )
        self._terminals.enter_context(terminal)
        terminal.log_in(plate)
        return terminal

    def add_device(self, identity: str, kind: str, plate: str | None = None) -> dict[str, Any]:
        """Enter a unit into the register."""
        body = {
            "organisation_id": self.organisation_id,
            "identity": identity,
            "protocol": "jt808",
            "kind": kind,
            "name": plate or identity,
            "plate": plate,
        }
        return dict(self.api.call("POST", "/devices", body))

    def add_rule(
        self, kind: str, parameters: Mapping[str, float] | None = None, **fields: Any
    ) -> dict[str, Any]:
        """A rule of this kind in force from now on; thresholds not given keep their defaults."""
        body = {
            "organisation_id": self.organisation_id,
            "kind": kind,
            "name_zh": kind,
            "name_en": kind,
            "parameters": dict(parameters or {}),
            **fields,
        }
        rule = dict(self.api.call("POST", "/rules", body))
        self._rules.append(rule)
        return rule

    def retire_rules(self) -> None:
        """Let the rules added here judge nobody from now on."""
        for rule in self._rules:
            fields = ("kind", "name_zh", "name_en", "parameters", "organisation_id")
            body = {name: rule[name] for name in fields}
            self.api.call("PUT", f"/rules/{rule['id']}", {**body, "scope": {"device_ids": [0]}})
        self._rules.clear()

    def violations(self, terminal: Terminal | None = None, **query: Any) -> Sequence[Any]:
        """Violations of a terminal, or all, oldest first, everything received so far judged."""
        self.advance(self.now())
        if terminal is not None:
            query["device_id"] = terminal.device_id
        return list(reversed(self.api.call("GET", "/violations", **query)))

    def replay(
        self, track: Path, identity: str, protocol: str = "jt808", speed: float = 1000
    ) -> str:
        """Send a recorded track (GPX, CSV) through `xunji replay`; returns what it reports.

        The track is shifted to end at the real present, so the server's time is moved on to that.
        """
        host, port = self.gateway
        arguments = ["--protocol", protocol, "--identity", identity, "--speed", str(speed)]
        done = subprocess.run(
            [self._command, "replay", str(track), *arguments, "--gateway", f"{host}:{port}"],
            env=clean_environment({}),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServerError(f"xunji replay failed:\n{done.stdout}{done.stderr}")
        self.advance(max(self.now(), datetime.now(UTC)))
        return done.stdout
