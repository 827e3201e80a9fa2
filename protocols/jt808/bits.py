"""Names of the bits of alarm word, status word and vehicle signals.

Standard 8.18: tables 24 (status), 25 (alarms) and 30 (signals); 2019 adds some.
"""

from __future__ import annotations

ALARM_BITS: dict[int, str] = dict(
    enumerate(
        (
            "emergency", "overspeed", "fatigue_driving", "danger_warning",
            "gnss_module_fault", "gnss_antenna_open", "gnss_antenna_short", "main_power_low",
            "main_power_off", "display_fault", "tts_fault", "camera_fault",
            "ic_card_fault", "overspeed_warning", "fatigue_warning", "violation_driving",
            "tire_pressure_warning", "right_turn_blind_area", "daily_driving_timeout",
            "parking_timeout", "area_in_out", "route_in_out", "route_time", "route_deviation",
            "vss_fault", "fuel_abnormal", "stolen", "illegal_ignition",
            "illegal_displacement", "collision_warning", "rollover_warning", "illegal_door_open",
        )
    )
)  # fmt: skip

ACC_ON, POSITIONED, SOUTH, WEST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
LOAD_SHIFT = 8
LOAD_WORDS = ("empty", "half", "reserved", "full")

STATUS_BITS: dict[int, str] = {
    0: "acc_on",
    1: "positioned",
    2: "south",
    3: "west",
    4: "out_of_service",
    5: "encrypted_coords",
    6: "forward_collision_warning",
    7: "lane_departure_warning",
    10: "oil_cut",
    11: "circuit_cut",
    12: "door_locked",
    13: "door1_open",
    14: "door2_open",
    15: "door3_open",
    16: "door4_open",
    17: "door5_open",
    18: "gps",
    19: "beidou",
    20: "glonass",
    21: "galileo",
    22: "vehicle_running",
}

VEHICLE_SIGNAL_BITS: dict[int, str] = dict(
    enumerate(
        (
            "low_beam", "high_beam", "right_turn", "left_turn", "brake", "reverse", "fog_light",
            "outline_lamp", "horn", "air_conditioner", "neutral", "retarder", "abs", "heater",
            "clutch",
        )
    )
)  # fmt: skip


def names_of(bits: int, names: dict[int, str]) -> list[str]:
    """Names of the set bits, in order of the bits; unnamed ones are left out."""
    return [name for bit, name in names.items() if bits >> bit & 1]


def alarm_names(alarm_bits: int) -> list[str]:
    """Words for the alarm word (column `alarm_bits`)."""
    return names_of(alarm_bits, ALARM_BITS)
