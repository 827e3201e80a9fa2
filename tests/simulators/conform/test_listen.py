"""The examination over real sockets and in real time, and the command that prints its sheet."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from typer.testing import CliRunner

from simulators.conform.exam import Exam
from simulators.conform.listen import Examiner
from simulators.conform.record import NOT_TESTED, PASS, Pace
from simulators.terminal import Jt808Terminal
from tests.simulators.conform.test_exam import PHONE, measure
from xunji.command_line import build_app
from xunji.demo import free_port

ROOT = Path(__file__).parents[3]
FAST = Pace(connect_s=10, answer_s=4, interval_s=1, heartbeat_s=1, ack_timeout_s=1, outage_s=2)


async def test_a_real_terminal_passes_on_a_real_port() -> None:
    exam = Exam(FAST, time.time())
    told: list[str] = []
    examiner = Examiner(exam, "127.0.0.1", 0, told.append)
    running = asyncio.create_task(examiner.run())
    while not examiner.listening:
        await asyncio.sleep(0.01)
    terminal = Jt808Terminal(
        ("127.0.0.1", examiner.port),
        PHONE,
        version=2019,
        plate="苏A12345",
        measure=measure,
        answer_delay_s=(0.1, 0.2),
    )
    await terminal.start()
    await asyncio.wait_for(running, 60)
    await terminal.stop()
    seen = {f.step.name: f.verdict.en for f in exam.findings if f.verdict.outcome != PASS}
    assert not seen
    assert len(told) == len(exam.findings)
    assert examiner.peer == "127.0.0.1"


TERMINAL = """
import asyncio, sys
from simulators.terminal import Jt808Terminal
from tests.simulators.conform.test_exam import PHONE, measure

async def live():
    address = ("127.0.0.1", int(sys.argv[1]))
    terminal = Jt808Terminal(address, PHONE, plate="苏A12345", measure=measure)
    await terminal.start()
    await asyncio.sleep(60)

asyncio.run(live())
"""


def test_the_command_ends_when_the_terminal_is_killed(tmp_path: Path) -> None:
    port, data = free_port(0), tmp_path / "sheet.json"
    options = ["--listen", f"127.0.0.1:{port}", "--json", str(data), "--silence", "1"]
    pace = ["--patience", "1", "--interval", "1", "--outage", "1"]
    program = [sys.executable, "-m", "xunji", "conform", *options, *pace]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (
        subprocess.Popen(program, stderr=subprocess.PIPE, text=True, env=environment) as examiner,
        subprocess.Popen([sys.executable, "-c", TERMINAL, str(port)], env=environment) as terminal,
    ):
        try:
            assert examiner.stderr
            told = []
            for line in examiner.stderr:
                told.append(line)
                if "registration" in line:
                    terminal.kill()
            assert examiner.wait(20) == 1
        finally:
            terminal.kill()
            examiner.kill()
    assert not [line for line in told if "Traceback" in line]
    found = {one["name"]: one["outcome"] for one in json.loads(data.read_text())["clauses"]}
    assert found["registration"] == PASS
    assert found["reconnect"] == NOT_TESTED


def test_the_command_says_that_a_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = CliRunner().invoke(build_app("conform"), ["conform", "--listen", address])
    assert result.exit_code == 2
    assert "--listen" in result.output


def test_the_command_writes_its_sheet_when_it_is_ended(tmp_path: Path) -> None:
    import signal  # the process ends itself, as Ctrl-C does
    import threading

    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    page, data = tmp_path / "sheet.html", tmp_path / "sheet.json"
    options = ["--listen", f"127.0.0.1:{free_port(0)}", "--html", str(page), "--json", str(data)]
    result = CliRunner().invoke(build_app("conform"), ["conform", *options])
    assert result.exit_code == 1
    told = json.loads(data.read_text())
    assert not told["passed"]
    assert {entry["outcome"] for entry in told["clauses"]} == {"not_tested", PASS}
    assert "检测提前结束" in page.read_text(encoding="utf-8")
    assert "not tested" in result.output
