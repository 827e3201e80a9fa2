-- Frames of a closed day lie together, an hour of a unit a row: `frame` is then a pack of so many
-- frames (storage/frame_packs.py), `time` the first one's first fix, `until` the last fix of all,
-- `received_at` when the last one came. Null: one frame, as it came. Older days are packed by and by.
ALTER TABLE raw_frames ADD COLUMN frames integer;
ALTER TABLE kept_frames ADD COLUMN frames integer;
