"""`python -m pipeline.take_in`: one file taken in, as a job of `pipeline.child_jobs`."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import psycopg

from pipeline.child_main import run_job
from pipeline.take_in.order import ImportOrder, Told
from pipeline.take_in.reading import UnreadableError
from pipeline.take_in.rows import MissingColumnError
from pipeline.take_in.run import take_in
from storage.database import open_database
from storage.problems import DatabaseProblem

MAX_MEMORY_BYTES = 2 << 30  # a file of a few bytes may claim to hold anything
_PROBLEMS = (DatabaseProblem, UnreadableError, MissingColumnError, OSError, psycopg.Error)


async def _work(order: ImportOrder, tell: Callable[[Told], None]) -> Told:
    database = await open_database(order.url, Path())
    try:
        return await take_in(database, order, tell)
    except MemoryError as error:
        raise UnreadableError(f"the file needs more than {MAX_MEMORY_BYTES >> 20} MB") from error
    finally:
        await database.close()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    run_job(ImportOrder, _work, lambda why: Told(error=why), _PROBLEMS)
