-- Plain PostgreSQL: range partitions by fix time, made ahead by storage/partitions.py; there is no
-- default partition, so that a stray time fails loudly instead of filling a catch-all.

CREATE TABLE positions (
    device_id       integer NOT NULL,
    organisation_id integer NOT NULL,
    time            timestamptz NOT NULL,
    variant         smallint NOT NULL,
    delay_ms        integer NOT NULL,
    longitude_e6    integer NOT NULL,
    latitude_e6     integer NOT NULL,
    altitude_m      smallint NOT NULL,
    speed_kmh_e1    smallint NOT NULL,
    course_deg      smallint NOT NULL,
    accuracy_m      smallint NOT NULL,
    fix_source      smallint NOT NULL,
    satellites      smallint NOT NULL,
    odometer_m      integer NOT NULL,
    alarm_bits      bigint NOT NULL,
    signals         bigint NOT NULL,
    attributes      jsonb,
    PRIMARY KEY (device_id, time, variant)
) PARTITION BY RANGE (time);

-- `until`: the frame's last fix; a batch upload carries many.
CREATE TABLE raw_frames (
    device_id   integer NOT NULL,
    time        timestamptz NOT NULL,
    until       timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    protocol    text NOT NULL,
    frame       bytea NOT NULL
) PARTITION BY RANGE (time);
CREATE INDEX ON raw_frames (device_id, time);
