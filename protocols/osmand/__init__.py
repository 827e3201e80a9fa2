"""OsmAnd and Traccar Client over HTTP: query, form or JSON."""

from protocols.osmand.protocol import OSMAND, OsmAnd
from protocols.osmand.session import OsmAndSession

__all__ = ["OSMAND", "OsmAnd", "OsmAndSession"]
