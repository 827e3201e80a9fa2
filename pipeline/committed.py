"""What ingest hands to the rules: a committed batch, with its rows or without."""

from __future__ import annotations

from dataclasses import dataclass

from model.position import Rows
from pipeline.replay import earliest

MAX_WAITING_ROWS = 500_000  # above it rows are let go and read again from the database


@dataclass(slots=True)
class Committed:
    """A journal row on its way to the rules; `rows` None: read them from the database."""

    journal_id: int
    tick_us: int
    rows: Rows | None
    touched: dict[int, int]

    @staticmethod
    def of(journal_id: int, rows: Rows, tick_us: int, waiting_rows: int) -> Committed:
        """With its rows, unless so many wait already that these must be let go."""
        if waiting_rows + len(rows) > MAX_WAITING_ROWS:
            return Committed(journal_id, tick_us, None, earliest(rows))
        return Committed(journal_id, tick_us, rows, {})

    def __len__(self) -> int:
        return 0 if self.rows is None else len(self.rows)
