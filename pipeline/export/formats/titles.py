"""What a track or a violation is called on a map."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.export.columns import VIOLATION_COLUMNS, Page
from pipeline.export.formats.lists import as_lists

_TOLD = ("rule_name_zh", "rule_name_en", "started_at", "ended_at", "fence_name", "status", "result")


def title_of(page: Page) -> str:
    """The plate of a page's unit, or its name."""
    plate, name = page.columns["plate"][0], page.columns["name"][0]
    return str(plate or name)


def violation_words(page: Page) -> Iterator[tuple[str, str]]:
    """A title and a text a violation."""
    units = zip(*as_lists(page, ("id", "device_plate", "device_name")), strict=True)
    told = zip(*as_lists(page, _TOLD), strict=True)
    for (id_, plate, name), values in zip(units, told, strict=True):
        text = ", ".join(str(value) for value in values if value is not None)
        yield f"{id_} {plate or name}", text


def violation_properties(page: Page) -> Iterator[dict[str, object]]:
    """All columns of each violation but its place."""
    names = [name for name in VIOLATION_COLUMNS if name not in ("longitude", "latitude")]
    for values in zip(*as_lists(page, names), strict=True):
        yield dict(zip(names, values, strict=True))
