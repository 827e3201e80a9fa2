-- Raw frames around violations that are not closed yet: copied here before their day is dropped.
CREATE TABLE kept_frames (
    device_id   integer NOT NULL,
    time        timestamptz NOT NULL,
    until       timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    protocol    text NOT NULL,
    frame       bytea NOT NULL
);
CREATE INDEX ON kept_frames (device_id, time);
