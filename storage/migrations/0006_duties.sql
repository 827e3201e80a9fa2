-- What has a due time: points to collect from and routes to drive, assigned like corridors.
ALTER TABLE assignments DROP CONSTRAINT assignments_purpose_check;
ALTER TABLE assignments ADD CONSTRAINT assignments_purpose_check CHECK (purpose IN (
    'corridor', 'work_road', 'working_area', 'grid', 'collection', 'route'));

-- Devices to be judged anew from an event time on: something that was in force then has been
-- entered afterwards. Deleted in the transaction that has judged it.
CREATE TABLE rejudge (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id integer NOT NULL REFERENCES devices ON DELETE CASCADE,
    from_time timestamptz NOT NULL
);
