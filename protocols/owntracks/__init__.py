"""OwnTracks JSON over MQTT and HTTP: a stock phone app is a handset."""

from protocols.owntracks.protocol import OWNTRACKS, OwnTracks
from protocols.owntracks.sealed import seal, unseal
from protocols.owntracks.session import OwnTracksSession

__all__ = ["OWNTRACKS", "OwnTracks", "OwnTracksSession", "seal", "unseal"]
