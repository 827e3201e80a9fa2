-- How wide new partitions and chunks are (storage/chunk_width.py); what is there stays as it is.
CREATE TABLE storage_layout (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    chunk_hours smallint NOT NULL DEFAULT 24 CHECK (24 % chunk_hours = 0)
);
INSERT INTO storage_layout DEFAULT VALUES;
