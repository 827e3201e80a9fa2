-- What each vehicle did on each local day, kept behind the journal by pipeline/daily_summaries.py.
-- Sums are exact integers (model/days.py); -1: unknown.
CREATE TABLE daily_summaries (
    device_id         integer NOT NULL REFERENCES devices ON DELETE CASCADE,
    day               date NOT NULL,
    organisation_id   integer NOT NULL,
    fixes             bigint NOT NULL,
    distance_mm       bigint NOT NULL,
    moving_us         bigint NOT NULL,
    idle_us           bigint NOT NULL,
    work_us           bigint NOT NULL,
    unknown_us        bigint NOT NULL,
    max_speed_kmh_e1  smallint NOT NULL,
    first_at          timestamptz NOT NULL,
    last_at           timestamptz NOT NULL,
    odometer_first_m  integer NOT NULL,
    odometer_last_m   integer NOT NULL,
    odometer_readings bigint NOT NULL,
    odometer_reset    boolean NOT NULL,
    PRIMARY KEY (device_id, day)
);
CREATE INDEX ON daily_summaries (day, organisation_id);

-- Units of which something at or after a time is not summed up yet.
CREATE TABLE daily_dirty (
    device_id integer PRIMARY KEY REFERENCES devices ON DELETE CASCADE,
    from_time timestamptz NOT NULL,
    marked_at timestamptz NOT NULL
);

-- How far the journal has been read for it, and the zone of the days (null: none made yet).
CREATE TABLE daily_progress (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    journal_id bigint NOT NULL DEFAULT 0,
    zone       text
);
INSERT INTO daily_progress DEFAULT VALUES;
