-- Files of history that people have sent by the API; the bytes lie in the data folder until it is over.
-- `organisations`: what the person saw then: only units of these are filled. `wrong`: the first
-- refused rows, [row, why].
CREATE TABLE import_jobs (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES organisations,
    user_id         integer NOT NULL REFERENCES users,
    organisations   integer[] NOT NULL,
    name            text NOT NULL,
    format          text NOT NULL,
    device_id       integer REFERENCES devices,
    zone            text NOT NULL,
    datum           text NOT NULL,
    judge           boolean NOT NULL,
    bytes           bigint NOT NULL,
    state           text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    rows            bigint NOT NULL DEFAULT 0,
    stored          bigint NOT NULL DEFAULT 0,
    duplicates      bigint NOT NULL DEFAULT 0,
    refused         bigint NOT NULL DEFAULT 0,
    wrong           jsonb NOT NULL DEFAULT '[]',
    error           text,
    created_at      timestamptz NOT NULL,
    done_at         timestamptz
);
CREATE INDEX ON import_jobs (user_id, id);
CREATE INDEX ON import_jobs (state) WHERE state IN ('waiting', 'running');
