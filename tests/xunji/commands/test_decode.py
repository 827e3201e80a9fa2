"""`xunji decode`, run as a command."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from xunji.commands.decode import add_to

LOCATION = "7e0200001c0138001380000001000000600000030301dc9b6d073ce9d200110159010e261122081530b57e"
HEARTBEAT = "7e000200000138001380000007af7e"
FIXES = '{"v":1,"seq":4,"type":"fixes","fixes":[{"t":1790000000000,"lon":121.4,"lat":31.2}]}'


def run(*arguments: str, stdin: str = "") -> tuple[int, str]:
    app = typer.Typer()
    app.callback()(lambda: None)
    add_to(app)
    result = CliRunner().invoke(app, ["decode", *arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def checked(frame: str) -> str:
    """The frame with its right checksum."""
    raw = bytes.fromhex(frame)[1:-2]
    value = 0
    for byte in raw:
        value ^= byte
    return "7e" + raw.hex() + f"{value:02x}" + "7e"


def test_a_frame_is_annotated() -> None:
    status, output = run(checked(LOCATION))
    assert status == 0
    lines = [line.split() for line in output.splitlines()]
    assert lines[0] == ["jt808", "location"]
    assert ["30", "0159", "speed_kmh", "34.5"] in lines
    assert ["34", "2026-11-22", "08:15:30"] in [line[:1] + line[3:] for line in lines]
    assert any(line and line[0] == "reply" for line in lines)


def test_a_damaged_frame_is_shown_as_far_as_it_goes() -> None:
    status, output = run(checked(LOCATION)[:-4] + "ff7e")
    assert status == 1
    assert "13800138000" in output
    assert "refused: checksum: computed 0x" in output


def test_lines_of_json() -> None:
    lines = [checked(HEARTBEAT), "", FIXES, "  ", "7e00", "nonsense", checked(LOCATION)]
    status, output = run("--json", stdin="\n".join(lines) + "\n")
    assert status == 0
    found = [json.loads(line) for line in output.splitlines()]
    keys = {"protocol", "message", "fields", "positions", "replies", "error"}
    assert all(set(line) == keys for line in found)
    heartbeat, fixes, short, nonsense, location = found
    assert heartbeat["fields"]["header"]["phone"] == "13800138000"
    assert heartbeat["fields"]["body"] == {}
    assert len(heartbeat["replies"]) == 1
    assert (fixes["protocol"], fixes["positions"][0]["latitude"]) == ("handset", 31.2)
    assert (short["protocol"], short["error"]["reason"]) == ("jt808", "short")
    assert nonsense["error"]["reason"] == "unknown_protocol"
    assert location["fields"]["body"]["speed_kmh"] == 34.5
    assert location["positions"][0]["signals"]["loaded"] == "full"


@pytest.mark.parametrize("line", ["zz", "{", "7e7e", "00", "é", "7e" * 3000, '{"v":1}'])
@pytest.mark.parametrize("protocol", ["jt808", "handset"])
def test_a_named_protocol_refuses_with_a_reason(line: str, protocol: str) -> None:
    status, output = run("--json", "--protocol", protocol, stdin=line + "\n")
    assert status == 0
    shown = json.loads(output)
    assert shown["protocol"] == protocol
    assert shown["error"]["reason"]
    assert shown["positions"] == []


@pytest.mark.parametrize(
    ("arguments", "says"), [(("--protocol", "morse", "00"), "jt808"), ((), "standard input")]
)
def test_a_users_mistake_gets_a_message(arguments: tuple[str, ...], says: str) -> None:
    status, output = run(*arguments)
    assert status == 2
    assert says in output
