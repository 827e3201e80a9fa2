-- Receivers of other kinds than a plain signed webhook: robots of DingTalk and WeCom, MQTT, mail.
-- `secret`: signs (webhook, dingtalk) or is the password (mqtt, mail); WeCom's is in its URL.
ALTER TABLE webhooks ADD COLUMN kind text NOT NULL DEFAULT 'webhook'
    CHECK (kind IN ('webhook', 'dingtalk', 'wecom', 'mqtt', 'mail'));
