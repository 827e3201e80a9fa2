"""What every test may use, and what a run says about what it did not exercise.

The repository's root is on `sys.path` (`pythonpath` in pyproject.toml), so the rooms import as
they do in production and tests share fixtures and builders as `tests.NAME`. Fixtures for real
servers live beside the tests as plain modules and are loaded here as plugins: `tests.servers`
(PostgreSQL, TimescaleDB) and `tests.brokers` (Mosquitto). So is our own `xunji_testkit`, whose
`xunji_server` is a whole server in simulated time.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import structlog
from blockbuster import BlockBuster, blockbuster_ctx

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
# Servers that must be there, as in CI: "timescale mosquitto chromium".
REQUIRED = os.environ.get("XUNJI_TEST_REQUIRE", "").split()

pytest_plugins = [
    "xunji_testkit.plugin",
    *(name for name in ("tests.servers", "tests.brokers") if find_spec(name)),
]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of frames and tracks from the wild that lies beside some checkouts."""
    if not SHARED.is_dir():
        pytest.skip("../shared not found: frames and tracks from the wild not run")
    return SHARED


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A command under test sends logs to its own standard error, which ends with it."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def no_blocking() -> Iterator[BlockBuster]:
    """Turns a blocking call on the event loop (file, socket, sleep) into an error."""
    with blockbuster_ctx() as buster:
        yield buster


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test of a required server that was skipped has failed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = _reason(report)
        if any(name in item.keywords or name in reason.lower() for name in REQUIRED):
            report.outcome = "failed"
            report.longrepr = f"required by XUNJI_TEST_REQUIRE, but skipped: {reason}"
    return report


def _reason(report: pytest.TestReport) -> str:
    """The words given to `pytest.skip`, without the place."""
    longrepr = report.longrepr
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return text.removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A skipped test proves nothing: say how many and why, every time."""
    skipped = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", ()))
    if not skipped:
        return
    terminalreporter.section("not exercised")
    for reason, count in sorted(skipped.items()):
        terminalreporter.line(f"{count:5d} skipped: {reason}")
