"""Fuzzing JT/T 808 guided by coverage: `pip install atheris`, then

python -m tests.protocols.jt808.fuzz_atheris CORPUS -max_total_time=300 -max_len=2100

CORPUS is a folder; the vectors are put there to begin with.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris  # type: ignore[import-not-found]

with atheris.instrument_imports(include=["protocols"]):
    from tests.protocols.jt808.fuzz import SEEDS, Feeder, mended


def main() -> None:
    """Until stopped."""
    corpus = Path(sys.argv[1])
    corpus.mkdir(exist_ok=True)
    for number, frame in enumerate(SEEDS):
        (corpus / f"vector-{number}").write_bytes(frame)
    feeder = Feeder(0)
    atheris.Setup(sys.argv, lambda data: feeder.feed(mended(data)))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
