-- One row a webhook that must hear of an outbox row: a slow receiver does not make others hear
-- twice. `due_at` is also the lease: whoever claims a row moves it on, so that a crash means a retry.

CREATE TABLE webhook_deliveries (
    outbox_id  bigint NOT NULL REFERENCES outbox ON DELETE CASCADE,
    webhook_id integer NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    due_at     timestamptz NOT NULL,
    attempts   integer NOT NULL DEFAULT 0,
    done_at    timestamptz,
    gave_up    boolean NOT NULL DEFAULT false,
    last_error text,
    PRIMARY KEY (outbox_id, webhook_id)
);
CREATE INDEX ON webhook_deliveries (due_at) WHERE done_at IS NULL;
CREATE INDEX ON webhook_deliveries (webhook_id);
