"""A Xunji server in simulated time for tests: start it, drive terminals, read violations."""

from xunji_testkit.api import ApiError
from xunji_testkit.server import ServerError, XunjiServer
from xunji_testkit.terminal import Terminal, TerminalError

__all__ = ["ApiError", "ServerError", "Terminal", "TerminalError", "XunjiServer"]
