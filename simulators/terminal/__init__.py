"""Simulated terminals on real sockets: each protocol by each of its transports."""

from simulators.terminal.handset import Handset, HandsetLink
from simulators.terminal.jt808 import Jt808Terminal, Refused
from simulators.terminal.reports import batch_bodies, location_bodies

__all__ = [
    "Handset",
    "HandsetLink",
    "Jt808Terminal",
    "Refused",
    "batch_bodies",
    "location_bodies",
]
