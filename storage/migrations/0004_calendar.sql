-- Days that are not what their weekday says: public holidays, and weekends worked in exchange. One
-- calendar for the whole server: rules of every organisation read it.
CREATE TABLE calendar_days (
    date date PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('holiday', 'workday')),
    name text NOT NULL DEFAULT ''
);
