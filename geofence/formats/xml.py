"""XML of others: no entities, no document types, names without their namespaces."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from geofence.geojson import FeatureError


def parse(data: bytes, root: str) -> Element:
    """The root element, which must be called `root`. Raises FeatureError."""
    try:
        found = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise FeatureError(
            "", "不接受含 DTD 或实体的 XML", "XML with a document type or entities is refused"
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise FeatureError("", f"不是 XML：{error}", f"not XML: {error}") from error
    if name_of(found) != root:
        raise FeatureError("", f"根元素应为 {root}", f"the root element must be {root}")
    assert isinstance(found, Element)
    return found


def name_of(element: Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def named(element: Element, *names: str) -> Iterator[Element]:
    """Children so called."""
    return (child for child in element if name_of(child) in names)


def text_of(element: Element, name: str) -> str | None:
    """The text of the first child so called, or None."""
    for child in named(element, name):
        return (child.text or "").strip() or None
    return None
