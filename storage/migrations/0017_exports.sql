-- Files of history that people have ordered; the bytes lie in the data folder. `organisations`: what
-- the person saw when ordering, and must still see when fetching.
CREATE TABLE exports (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES organisations,
    user_id         integer NOT NULL REFERENCES users,
    organisations   integer[] NOT NULL,
    what            text NOT NULL,
    format          text NOT NULL,
    from_time       timestamptz NOT NULL,
    to_time         timestamptz NOT NULL,
    state           text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    rows            bigint NOT NULL DEFAULT 0,
    bytes           bigint NOT NULL DEFAULT 0,
    cut             boolean NOT NULL DEFAULT false,
    error           text,
    created_at      timestamptz NOT NULL,
    done_at         timestamptz
);
CREATE INDEX ON exports (user_id, id);
