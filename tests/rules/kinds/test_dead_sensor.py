"""Cases of dead_sensor: days of driving without a change."""

from __future__ import annotations

from model.rulebook import Schedule
from model.signals import NO, YES
from tests.rules.kinds.city import Fix, daily
from tests.rules.kinds.followed import Step, followed

DAY_S = 86_400
UNHEARD = "unknown: signal_unknown"


def days(states: list[int | None], speed: float = 30) -> list[Step]:
    """A fix a day at ten o'clock; None: the sensor says nothing."""
    return [
        Step(
            i * DAY_S,
            Fix(speed=speed, signals={} if state is None else {"loaded": state}),
        )
        for i, state in enumerate(states)
    ]


def truck(
    steps: list[Step], working_days: float = 3, schedule: Schedule | None = None
) -> list[str]:
    return followed(
        "dead_sensor", steps, {"working_days": working_days}, schedule, vehicle="muck_truck"
    )


def judged(states: list[int | None], speed: float = 30) -> list[str]:
    return truck(days(states, speed))


def test_unchanged_for_the_working_days_is_dead() -> None:
    assert judged([NO] * 4) == ["no", "no", "yes", "yes"]
    assert judged([YES] * 3) == ["no", "no", "yes"]


def test_a_change_begins_anew() -> None:
    assert judged([NO, NO, YES, YES, YES]) == ["no", "no", "no", "no", "yes"]


def test_silence_of_a_sensor_that_was_heard_of_counts() -> None:
    assert judged([NO, None, None, YES]) == ["no", "no", "yes", "no"]


def test_a_sensor_never_heard_of_is_not_accused() -> None:
    assert judged([None] * 5) == [UNHEARD] * 5


def test_days_without_driving_do_not_count() -> None:
    assert set(judged([NO] * 6, speed=14.9)) == {"no"}
    assert set(judged([NO] * 3, speed=15)) == {"no", "yes"}


def test_a_day_counts_once() -> None:
    steps = [Step(i * 600, Fix(speed=30, signals={"loaded": NO})) for i in range(6)]
    assert set(truck(steps, working_days=2)) == {"no"}


def test_one_live_sensor_does_not_excuse_another() -> None:
    steps = [
        Step(i * DAY_S, Fix(speed=30, signals={"loaded": 1 + i % 2, "cover_closed": NO}))
        for i in range(3)
    ]
    assert truck(steps)[-1] == "yes"


def test_schedule_narrows_the_rule() -> None:
    said = truck(days([NO] * 4), schedule=daily((20, 6)))
    assert set(said) == {"no"}


def test_only_the_sensors_of_its_work_are_asked() -> None:
    steps = days([NO] * 4)
    assert followed("dead_sensor", steps, {"working_days": 3}, vehicle="sweeper") == [UNHEARD] * 4
