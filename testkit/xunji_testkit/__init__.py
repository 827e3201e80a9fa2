"""Xunji for tests: a server in simulated time, terminals that drive, scenarios, acceptance."""

from xunji_testkit.api import ApiError
from xunji_testkit.judging import Report
from xunji_testkit.program import ServerError
from xunji_testkit.server import XunjiServer
from xunji_testkit.terminal import Terminal, TerminalError

__all__ = ["ApiError", "Report", "ServerError", "Terminal", "TerminalError", "XunjiServer"]
