"""OwnTracks JSON over MQTT and HTTP: a stock phone app is a handset."""

from protocols.owntracks.protocol import OWNTRACKS, OwnTracks
from protocols.owntracks.sealed import seal, unseal
from protocols.owntracks.session import OwnTracksSession
from protocols.owntracks.terminal import encode_location

__all__ = ["OWNTRACKS", "OwnTracks", "OwnTracksSession", "encode_location", "seal", "unseal"]
