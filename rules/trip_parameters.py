"""The thresholds by which trips are counted."""

from __future__ import annotations

from rules.contract import Parameter

TRIP_PARAMETERS = (
    Parameter(
        "hold_fixes", "fixes", 3, 1, 20,
        "满载、空载须连续满此定位数才可信",
        "full and empty are believed after so many fixes in a row",
        "our default: a load sensor flaps on bad roads",
    ),
    Parameter(
        "raised_fixes", "fixes", 2, 1, 20,
        "车厢举升须连续满此定位数才可信", "a raised body is believed after so many fixes in a row",
        "our default: unloading takes a minute or more",
    ),
    Parameter(
        "dead_s", "s", 600, 60, 86_400,
        "载重信号中断满此时长视为未知", "a load signal that is missing for so long is unknown",
        "our default: longer than a tunnel",
    ),
    Parameter(
        "standing_kmh", "km/h", 3, 0, 20,
        "低于或等于此速度视为停车", "up to this speed a truck stands",
        "our default: trucks creep while they are loaded",
    ),
    Parameter(
        "stop_s", "s", 30, 0, 3_600,
        "停车满此时长才算停靠", "a stand of this length is a stop",
        "our default: two fixes at 15 s",
    ),
    Parameter(
        "long_stop_s", "s", 150, 30, 7_200,
        "载重、举升信号均未知时，停靠满此时长视为装车或卸车",
        "where load and body are unknown, a stop of this length loads or unloads",
        "our default: longer than a red light; stops with tracks tell trips from drives past in "
        "97 % (https://www.dqxxkx.cn/EN/abstract/article/1560-8999/53664)",
    ),
    Parameter(
        "near_m", "m", 60, 0, 500,
        "距工地、消纳场在此距离以内的停车视为在场", "a stop so near to a fence is in it",
        "our default: queues stand before the gate",
    ),
    Parameter(
        "leave_m", "m", 150, 0, 2_000,
        "不在工地内且距停靠处超过此距离视为离场",
        "outside every site and this far from where it stood, a truck has left",
        "our default: wider than a gate and its queue",
    ),
    Parameter(
        "leave_s", "s", 30, 0, 3_600,
        "离场须持续此时长", "it must be away for so long",
        "our default: two fixes at 15 s, so that one outlier counts no trip",
    ),
    Parameter(
        "lag_s", "s", 180, 0, 3_600,
        "载重信号可滞后于停靠此时长", "so long after a stop the load signal may still tell of it",
        "our default: sensors average over a minute or two",
    ),
    Parameter(
        "tip_wait_s", "s", 600, 60, 7_200,
        "在消纳场举升后载重信号仍为满载满此时长，按举升计卸车",
        "so long after a body rose in a dump a load signal that still reads full is not believed",
        "our default: as dead_s",
    ),
    Parameter(
        "max_gap_s", "s", 300, 1, 86_400,
        "两次定位间隔超过此时长时不作推断", "between fixes farther apart nothing is assumed",
        "our default, as of all rules",
    ),
    Parameter(
        "max_trip_h", "h", 12, 1, 72,
        "满此时长仍未见卸车的趟次视为未完成", "a trip that nobody saw end is closed after so long",
        "our default: a shift",
    ),
    Parameter(
        "max_accuracy_m", "m", 100, 5, 2_000,
        "精度差于此值的定位不采用", "a worse fix is passed over",
        "our default",
    ),
)  # fmt: skip
DEFAULTS = {parameter.name: parameter.default for parameter in TRIP_PARAMETERS}
