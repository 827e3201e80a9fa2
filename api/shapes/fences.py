"""What an import of fences says."""

from __future__ import annotations

from pydantic import BaseModel

from geofence.formats import Imported, Note


class NoteShape(BaseModel):
    """Something about one feature of the file."""

    where: str
    zh: str
    en: str

    @staticmethod
    def of(note: Note) -> NoteShape:
        """From a note of the reader."""
        return NoteShape(where=note.where, zh=note.zh, en=note.en)


class FenceImport(BaseModel):
    """`fences` could be read, `ids` were stored (none in a dry run)."""

    fences: int
    ids: list[int]
    problem_count: int
    problems: list[NoteShape]
    repaired: list[NoteShape]

    @staticmethod
    def of(found: Imported, ids: list[int]) -> FenceImport:
        """From what a file held."""
        return FenceImport(
            fences=len(found.fences),
            ids=ids,
            problem_count=found.problem_count,
            problems=[NoteShape.of(note) for note in found.problems],
            repaired=[NoteShape.of(note) for note in found.repaired],
        )
