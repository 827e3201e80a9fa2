"""The register as a file."""

from __future__ import annotations

from api.shapes.permits import SheetImport
from api.shapes.units import TerminalToken


class RegisterImport(SheetImport):
    """What a register file holds, and the tokens that were issued, in this answer and nowhere
    else."""

    tokens: list[TerminalToken]
