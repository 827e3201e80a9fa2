"""Caps of the doors: in simulated time nobody is too fast."""

from __future__ import annotations

from xunji.options import ANY_PACE, gateway_options
from xunji.settings import Settings


def test_caps_by_the_minute_are_those_of_the_settings_unless_time_is_simulated() -> None:
    real = gateway_options(Settings())
    fast = gateway_options(Settings(clock="simulated", production=False))
    assert real.http_limits.per_minute_terminal == Settings().gateway.http_per_minute
    assert real.udp_limits.per_minute_address == Settings().gateway.per_minute_address
    assert fast.http_limits.per_minute_terminal == ANY_PACE
    assert fast.http_limits.per_minute_address == ANY_PACE
    assert fast.udp_limits.per_minute_address == ANY_PACE
    assert (real.reports_per_s, fast.reports_per_s) == (Settings().gateway.reports_per_s, None)
