"""NMEA 0183: receivers and trackers that send plain sentences over TCP."""

from protocols.nmea.protocol import NMEA, Nmea
from protocols.nmea.terminal import encode_fix, login

__all__ = ["NMEA", "Nmea", "encode_fix", "login"]
