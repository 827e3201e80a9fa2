-- What photo a rule asks the terminal for when it raises: {channel, shots, resolution, per_hour}.
ALTER TABLE rules ADD COLUMN photo jsonb;
-- The orders of rules, which are counted for each terminal.
CREATE INDEX ON commands (device_id, created_at) WHERE kind = 'photo' AND created_by IS NULL;
