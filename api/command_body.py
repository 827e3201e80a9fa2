"""A command as a person gives it, checked against what the unit's terminal could take."""

from __future__ import annotations

from typing import Any

from api.access import Caller, Connection
from api.driver_texts import check_text
from api.errors import ApiProblem
from api.shapes.commands import AnyCommand, SetArea, TextCommand
from protocols.contract import ProtocolError
from protocols.jt808 import encode_body
from protocols.jt808.commands import message_of
from storage.in_force import fences_in_force

Row = dict[str, Any]
_EDITIONS = ("2019", "2013", "2011")


async def command_body(
    conn: Connection, caller: Caller, unit: Row, body: AnyCommand, now_us: int
) -> Row:
    """What is queued. Raises ApiProblem: text_not_gbk, not_found, command_impossible, ..."""
    if isinstance(body, TextCommand):
        return {"text": check_text(body.text), "flags": body.flags}
    content = body.model_dump(mode="json", by_alias=True, exclude={"kind"}, exclude_none=True)
    if isinstance(body, SetArea):
        content |= await _area(conn, caller, body.fence_id, now_us)
    check_command(unit, body.kind, content)
    return content


def check_command(unit: Row, kind: str, content: Row) -> None:
    """Build it for the terminal's edition, or for any while it is not known."""
    if unit["protocol"] != "jt808":
        raise ApiProblem("command_impossible", why=f"{unit['protocol']} knows no {kind}")
    known = (unit["details"].get("terminal") or {}).get("edition")
    why = ""
    for edition in (known,) if known in _EDITIONS else _EDITIONS:
        try:
            message_id, values = message_of(kind, content, edition)
            encode_body(message_id, values, edition)
        except ProtocolError as error:
            why = why or f"{error.reason}: {error.detail}"
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            why = why or f"{type(error).__name__}: {error}"
        else:
            return
    raise ApiProblem("command_impossible", why=why)


async def _area(conn: Connection, caller: Caller, fence_id: int, now_us: int) -> Row:
    """Shape and points of a fence in force."""
    fences = await fences_in_force(conn, caller.organisations, now_us)
    fence = next((row for row in fences if row["id"] == fence_id), None)
    if fence is None:
        raise ApiProblem("not_found")
    place: Row = {"area_id": fence_id, "name": fence["name"]}
    coordinates = fence["geometry"]["coordinates"]
    if fence["shape"] == "circle":
        return {**place, "shape": "circle", "points": [coordinates], "radius_m": fence["radius_m"]}
    if fence["shape"] == "polygon" and len(coordinates) == 1:
        return {**place, "shape": "polygon", "points": coordinates[0][:-1]}
    if fence["shape"] == "corridor":
        width_m = 2 * fence["half_width_m"]
        return {**place, "shape": "route", "points": coordinates, "width_m": width_m}
    raise ApiProblem("command_impossible", why=f"a terminal holds no {fence['shape']} like this")
