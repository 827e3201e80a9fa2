"""Registrations held against the register."""

from __future__ import annotations

import pytest

from gateway.directory import Directory
from gateway.enrolment import Enrolment
from model.codes import code_hash
from model.rulebook import Device
from model.terminals import Introduction

OURS, OTHERS = "苏A11111", "苏A22222"


def directory(enrolment: Enrolment | None = None, *, any_code: bool = False) -> Directory:
    made = Directory(b"secret", enrolment=enrolment, any_code=any_code)
    units = [(1, "138", OURS), (2, "139", OTHERS), (3, "137", None)]
    made.refresh(
        [
            Device(
                id=unit, organisation_id=1, identity=identity, protocol="jt808", kind="other",
                name="x", plate=plate,
            )
            for unit, identity, plate in units
        ],
        {2: code_hash("factory-7")},
    )  # fmt: skip
    return made


@pytest.mark.parametrize(
    ("identity", "plate", "why"),
    [
        ("138", OURS, ""),
        ("138", "苏a·11111", ""),
        ("138", "", ""),
        ("138", OTHERS, "vehicle_taken"),
        ("138", "苏A99999", "no_vehicle"),
        ("137", "苏A99999", ""),  # the register knows no plate of this unit
        ("136", OURS, "no_terminal"),
    ],
)
def test_a_plate_against_the_register(identity: str, plate: str, why: str) -> None:
    details = {"plate": plate, "terminal_id": "T"}
    assert directory(Enrolment(refuse=True)).enrol("jt808", identity, details) == why


def test_another_terminal_under_the_same_identity() -> None:
    register = directory(Enrolment(refuse=True))
    assert register.enrol("jt808", "138", {"terminal_id": "A"}) == ""
    assert register.enrol("jt808", "138", {"terminal_id": "A"}) == ""
    assert register.enrol("jt808", "138", {"terminal_id": "B"}) == "terminal_taken"


async def test_a_contradiction_is_flagged_where_it_is_not_refused() -> None:
    written: list[Introduction] = []
    moods = [OSError("away"), None]

    async def write(introductions: object) -> None:
        mood = moods.pop(0)
        if mood:
            raise mood
        written.extend(introductions)  # type: ignore[arg-type]

    register = directory(Enrolment(write=write))
    details = {"plate": OTHERS, "terminal_id": "T", "model": "M" * 999, "token": "secret"}
    assert register.enrol("jt808", "138", details) == ""
    register.introduce("jt808", "138", details, 7)
    with pytest.raises(OSError, match="away"):
        await register.write_introduced()
    await register.write_introduced()
    (introduction,) = written
    assert (introduction.device_id, introduction.at_us) == (1, 7)
    assert introduction.details["flag"] == "vehicle_taken"
    assert len(introduction.details["model"]) == 200
    assert "token" not in introduction.details


def test_a_code_of_the_maker_is_known_by_its_hash_alone() -> None:
    register = directory()
    assert register.check("jt808", "139", "factory-7")
    assert not register.check("jt808", "138", "factory-7")
    assert not register.check("jt808", "139", "factory-8")
    assert register.check("jt808", "139", register.code("jt808", "139"))


def test_the_register_alone_may_let_terminals_in() -> None:
    register = directory(any_code=True)
    assert register.check("jt808", "138", "whatever")
    assert register.of("jt808").find("136") is None
