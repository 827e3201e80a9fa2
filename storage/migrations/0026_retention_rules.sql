-- Other times than the settings' for an organisation and those below it, and a kind of unit
-- ('': every kind). storage/retention_rules.py says which one holds for a unit.
CREATE TABLE retention_rules (
    organisation_id integer NOT NULL REFERENCES organisations ON DELETE CASCADE,
    data            text NOT NULL CHECK (data IN ('positions', 'raw_frames')),
    kind            text NOT NULL DEFAULT '',
    days            integer NOT NULL CHECK (days BETWEEN 1 AND 3650),
    PRIMARY KEY (organisation_id, data, kind)
);
