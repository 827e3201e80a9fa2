"""Schema, writer and queries: TimescaleDB or plain PostgreSQL through psycopg."""
