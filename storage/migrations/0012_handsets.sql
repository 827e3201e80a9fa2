-- What a terminal must show to be believed (model.tokens; null: nothing was issued), and the words
-- that a person sends with a photo.
ALTER TABLE devices ADD COLUMN token_hash text;
ALTER TABLE terminal_media ADD COLUMN note text NOT NULL DEFAULT '';
