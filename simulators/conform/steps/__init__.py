"""The steps in their order. A new one is a file with STEP, and a line here."""

from simulators.conform.record import Step
from simulators.conform.steps import (
    authentication,
    before_log_in,
    beijing_time,
    blind_area,
    blind_order,
    framing,
    heartbeat,
    interval,
    long_text,
    lost_package,
    photo,
    query_location,
    query_parameters,
    reconnect,
    registration,
    resend,
    serials,
    set_parameters,
    text,
    unsupported,
)

STEPS: tuple[Step, ...] = tuple(
    module.STEP
    for module in (
        registration,
        authentication,
        beijing_time,
        set_parameters,
        interval,
        query_parameters,
        heartbeat,
        query_location,
        text,
        long_text,
        unsupported,
        photo,
        lost_package,
        resend,
        reconnect,
        blind_area,
        blind_order,
    )
)
# What was watched all the time.
AT_THE_END: tuple[Step, ...] = (framing.STEP, serials.STEP, before_log_in.STEP)
