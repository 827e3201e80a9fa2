"""`python -m pipeline.export`: one export, as a job of `pipeline.child_jobs`."""

from __future__ import annotations

from pipeline.child_main import run_job
from pipeline.export.order import ExportFailedError, Order, Told
from pipeline.export.run import run_export
from storage.problems import DatabaseProblem

if __name__ == "__main__":
    problems = (DatabaseProblem, ExportFailedError)
    run_job(Order, run_export, lambda why: Told(error=why), problems)
