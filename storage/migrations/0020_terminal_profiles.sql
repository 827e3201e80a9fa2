-- What a terminal means by its bits and items: the name of a profile; null: by maker and model.
ALTER TABLE devices ADD COLUMN profile text;
