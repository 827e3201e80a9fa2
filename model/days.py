"""What a unit did on a local day, as sums that can be added part by part: every one an exact
integer, so that no order of arrival changes them."""

from __future__ import annotations

import numpy as np

DAY_DTYPE = np.dtype(
    [
        ("device_id", "<i4"),
        ("organisation_id", "<i4"),  # of the last fix
        ("day", "<i4"),  # ordinal of the local date
        ("fixes", "<i8"),  # positioned ones
        ("distance_mm", "<i8"),
        ("moving_us", "<i8"),
        ("idle_us", "<i8"),  # standing with the ignition on
        ("work_us", "<i8"),  # with a work signal on, standing or moving
        ("unknown_us", "<i8"),  # between fixes too far apart, of which nothing is counted
        ("max_speed_kmh_e1", "<i2"),  # as the terminal said; -1: it never did
        ("first_us", "<i8"),
        ("last_us", "<i8"),
        ("odometer_first_m", "<i4"),  # -1: it says nothing
        ("odometer_last_m", "<i4"),
        ("odometer_readings", "<i8"),
        ("odometer_reset", "?"),  # it went backwards
    ]
)
