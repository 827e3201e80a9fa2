"""Terminal parameters by name, as commands and people name them. JT/T 808-2013 table 12; + 2019.

A value is a number of `size` bytes, a text, or bytes as hex (dates, periods, CAN).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; `size` 0: text, -1: bytes as hex. `unit` is empty for a plain number."""

    id: int
    name: str
    size: int
    unit: str = ""


def _rows(size: int, *rows: tuple[int, str] | tuple[int, str, str]) -> tuple[Parameter, ...]:
    return tuple(Parameter(row[0], row[1], size, *row[2:]) for row in rows)


_TEXT, _HEX = 0, -1
PARAMETERS_TABLE: tuple[Parameter, ...] = tuple(
    sorted(
        (
            *_rows(
                4,
                (0x0001, "heartbeat_s", "s"),
                (0x0002, "tcp_timeout_s", "s"),
                (0x0003, "tcp_retries"),
                (0x0004, "udp_timeout_s", "s"),
                (0x0005, "udp_retries"),
                (0x0006, "sms_timeout_s", "s"),
                (0x0007, "sms_retries"),
                (0x0018, "server_tcp_port"),
                (0x0019, "server_udp_port"),
                (0x001B, "ic_server_tcp_port"),
                (0x001C, "ic_server_udp_port"),
                (0x0020, "report_strategy"),
                (0x0021, "report_scheme"),
                (0x0022, "interval_no_driver_s", "s"),
                (0x0027, "interval_sleeping_s", "s"),
                (0x0028, "interval_emergency_s", "s"),
                (0x0029, "interval_s", "s"),
                (0x002C, "distance_m", "m"),
                (0x002D, "distance_no_driver_m", "m"),
                (0x002E, "distance_sleeping_m", "m"),
                (0x002F, "distance_emergency_m", "m"),
                (0x0030, "corner_deg", "°"),
                (0x0045, "call_policy"),
                (0x0046, "call_longest_s", "s"),
                (0x0047, "calls_longest_month_s", "s"),
                (0x0050, "alarm_mask"),
                (0x0051, "alarm_sms_mask"),
                (0x0052, "alarm_photo_mask"),
                (0x0053, "alarm_photo_keep_mask"),
                (0x0054, "key_alarm_mask"),
                (0x0055, "max_speed_kmh", "km/h"),
                (0x0056, "overspeed_s", "s"),
                (0x0057, "driving_longest_s", "s"),
                (0x0058, "driving_longest_day_s", "s"),
                (0x0059, "rest_shortest_s", "s"),
                (0x005A, "parking_longest_s", "s"),
                (0x0064, "photo_timer"),
                (0x0065, "photo_distance"),
                (0x0070, "image_quality"),
                (0x0071, "image_brightness"),
                (0x0072, "image_contrast"),
                (0x0073, "image_saturation"),
                (0x0074, "image_chroma"),
                (0x0080, "odometer_e1_km", "0.1 km"),
                (0x0093, "gnss_sample_s", "s"),
                (0x0095, "gnss_upload_value"),
                (0x0100, "can1_sample_ms", "ms"),
                (0x0102, "can2_sample_ms", "ms"),
            ),
            *_rows(
                2,
                (0x0031, "displacement_radius_m", "m"),
                (0x005B, "overspeed_warning_e1_kmh", "0.1 km/h"),
                (0x005C, "fatigue_warning_s", "s"),
                (0x005D, "collision"),
                (0x005E, "rollover_deg", "°"),
                (0x0081, "province"),
                (0x0082, "city"),
                (0x0101, "can1_upload_s", "s"),
                (0x0103, "can2_upload_s", "s"),
            ),
            *_rows(
                1,
                (0x0084, "plate_color"),
                (0x0090, "gnss_mode"),
                (0x0091, "gnss_baud"),
                (0x0092, "gnss_rate"),
                (0x0094, "gnss_upload_mode"),
            ),
            *_rows(
                _TEXT,
                (0x0010, "server_apn"),
                (0x0011, "server_apn_user"),
                (0x0012, "server_apn_password"),
                (0x0013, "server"),
                (0x0014, "backup_apn"),
                (0x0015, "backup_apn_user"),
                (0x0016, "backup_apn_password"),
                (0x0017, "backup_server"),
                (0x001A, "ic_server"),
                (0x001D, "ic_backup_server"),
                (0x0023, "slave_apn"),
                (0x0024, "slave_apn_user"),
                (0x0025, "slave_apn_password"),
                (0x0026, "slave_server"),
                (0x0040, "platform_phone"),
                (0x0041, "reset_phone"),
                (0x0042, "factory_reset_phone"),
                (0x0043, "platform_sms"),
                (0x0044, "alarm_sms"),
                (0x0048, "listen_phone"),
                (0x0049, "privileged_sms"),
                (0x0083, "plate"),
            ),
            *_rows(
                _HEX,
                (0x0032, "forbidden_period"),
                (0x0110, "can_id"),
                (0x0075, "video_attributes"),
                (0x0076, "video_channels"),
                (0x0077, "video_channel_attributes"),
                (0x0079, "video_alarm_recording"),
                (0x007A, "video_alarm_mask"),
                (0x007B, "video_analysis"),
                (0x007C, "video_sleep"),
                (0xF364, "adas"),
                (0xF365, "driver_state"),
                (0xF366, "tires"),
                (0xF367, "blind_spot"),
            ),
        ),
        key=lambda parameter: parameter.id,
    )
)
BY_ID = {parameter.id: parameter for parameter in PARAMETERS_TABLE}
BY_NAME = {parameter.name: parameter for parameter in PARAMETERS_TABLE}
TEXT_IDS = frozenset(p.id for p in PARAMETERS_TABLE if p.size == _TEXT)
