-- What came of a message that is turned into something else: of a waybill {waybill_id} or
-- {problem, zh, en}, with the text; null: not looked at yet.
ALTER TABLE terminal_messages ADD COLUMN outcome jsonb;
CREATE INDEX ON terminal_messages (id) WHERE name = 'waybill' AND outcome IS NULL;
CREATE INDEX ON terminal_messages (organisation_id, id)
    WHERE name = 'waybill' AND outcome ? 'problem';
