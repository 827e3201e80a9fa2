-- History that is taken in from files: how far, so that an interrupted import goes on where it was.
-- `fingerprint`: of the file's content and of how it is read.
CREATE TABLE imports (
    fingerprint text PRIMARY KEY,
    name        text NOT NULL,
    rows_done   bigint NOT NULL DEFAULT 0,
    stored      bigint NOT NULL DEFAULT 0,
    duplicates  bigint NOT NULL DEFAULT 0,
    refused     bigint NOT NULL DEFAULT 0,
    begun_at    timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz
);
