"""OsmAnd and Traccar Client over HTTP: query, form or JSON."""

from protocols.osmand.protocol import OSMAND, OsmAnd
from protocols.osmand.session import OsmAndSession
from protocols.osmand.terminal import encode_json, encode_query, location

__all__ = ["OSMAND", "OsmAnd", "OsmAndSession", "encode_json", "encode_query", "location"]
