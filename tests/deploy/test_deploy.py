"""The files an operator copies are well-formed and do what their comments say."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tools.docs_tables import environment_name, setting_fields

DEPLOY = Path(__file__).parents[2] / "deploy"
SETTINGS = {environment_name(name) for name, _ in setting_fields()}
PATH = "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/bin"
LIMIT_S = 10


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_compose_is_well_formed_and_names_real_settings() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services = compose["services"]
    assert set(services) == {"database", "broker", "xunji"}
    assert set(services["xunji"]["environment"]) <= SETTINGS
    assert set(services["xunji"]["depends_on"]) <= set(services)
    volumes = {v.partition(":")[0] for s in services.values() for v in s["volumes"]}
    assert {v for v in volumes if not v.startswith(".")} == set(compose["volumes"])
    build = services["xunji"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()


def test_the_unit_runs_the_server_with_real_settings() -> None:
    text = (DEPLOY / "systemd" / "xunji.service").read_text(encoding="utf-8")
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text)
    assert unit["Service"]["ExecStart"].endswith("/xunji serve")
    assert unit["Service"]["Environment"].partition("=")[0] in SETTINGS


def test_the_backup_runs_the_backup_of_the_same_server() -> None:
    text = (DEPLOY / "systemd" / "xunji-backup.service").read_text(encoding="utf-8")
    service = (DEPLOY / "systemd" / "xunji.service").read_text(encoding="utf-8")
    assert "/opt/xunji/bin/xunji backup /var/lib/xunji/" in text
    for same in ("User=", "EnvironmentFile=", "Environment=", "WorkingDirectory="):
        lines = [
            [one for one in unit.splitlines() if one.startswith(same)] for unit in (text, service)
        ]
        assert lines[0] == lines[1]


def test_units_are_accepted_by_systemd(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed: the units were not tried")
    for unit in (DEPLOY / "systemd").iterdir():
        text = unit.read_text(encoding="utf-8")
        copy = tmp_path / unit.name
        copy.write_text(text.replace("/opt/xunji/bin/xunji serve", "/bin/true"))
    for copy in tmp_path.iterdir():
        checked = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(copy)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert copy.name not in checked.stderr, checked.stderr


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    """The port of a Mosquitto that runs with our configuration."""
    program = shutil.which("mosquitto", path=PATH)
    if program is None:
        pytest.skip("mosquitto is not installed: its configuration was not tried")
    config, data = tmp_path / "config", tmp_path / "data"
    shutil.copytree(DEPLOY / "mosquitto", config)
    data.mkdir()
    port = free_port()
    text = (config / "mosquitto.conf").read_text(encoding="utf-8")
    text = text.replace("/mosquitto/", f"{tmp_path}/").replace("1883", f"{port} 127.0.0.1")
    # As root, Mosquitto gives its rights away to a user who cannot read a test's folder.
    (config / "mosquitto.conf").write_text(f"user root\n{text}")
    for user in ("xunji", "h1"):
        subprocess.run(
            [
                "mosquitto_passwd",
                "-b",
                *(["-c"] if user == "xunji" else []),
                "passwords",
                user,
                "pw",
            ],
            cwd=config,
            check=True,
            capture_output=True,
        )
    process = subprocess.Popen(
        [program, "-c", "mosquitto.conf"], cwd=config, stdout=subprocess.DEVNULL
    )
    try:
        yield port
    finally:
        process.terminate()
        process.wait(LIMIT_S)


def client(port: int, user: str, received: list[str]) -> Client:
    """A connected client that notes the topics of what it gets."""
    made = Client(CallbackAPIVersion.VERSION2)
    made.username_pw_set(user, "pw")
    made.on_message = lambda _client, _data, message: received.append(message.topic)
    deadline = time.monotonic() + LIMIT_S
    while True:
        try:
            made.connect("127.0.0.1", port)
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "mosquitto did not start with our configuration"
            time.sleep(0.05)
    made.loop_start()
    return made


@pytest.mark.mosquitto
def test_a_handset_reaches_its_own_topics_only(broker: int) -> None:
    received: list[str] = []
    server, handset = client(broker, "xunji", received), client(broker, "h1", [])
    try:
        server.subscribe("xunji/handset/+/up", 1)
        server.publish("xunji/handset/h1/ack", "{}", 1).wait_for_publish(LIMIT_S)
        for topic in ("xunji/handset/h2/up", "xunji/handset/h1/up"):
            handset.publish(topic, "{}", 1).wait_for_publish(LIMIT_S)
        deadline = time.monotonic() + LIMIT_S
        while not received and time.monotonic() < deadline:
            time.sleep(0.02)
        assert received == ["xunji/handset/h1/up"]
    finally:
        for one in (server, handset):
            one.disconnect()
            one.loop_stop()
