"""`python -m tools.docs`: regenerate the tables in the documents, then check every link.

A table stands between `<!-- begin NAME -->` and `<!-- end NAME -->`; NAME is a key of `TABLES`.
`--check` writes nothing. Exit status 1: a table was stale (with --check) or a link is broken.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tools.docs_tables import TABLES

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)
FENCED = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
INLINE_CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def documents(root: Path = ROOT) -> list[Path]:
    """Every document of the project, those of installed packages left out."""
    folders = ("docs", "deploy", "testkit", "tools")
    found = [*root.glob("*.md"), *(p for name in folders for p in (root / name).rglob("*.md"))]
    return sorted(found)


def regenerated(text: str, tables: dict[str, Callable[[], str]] = TABLES) -> str:
    """The document with every generated table as it should be. Raises KeyError: no such table."""
    return BLOCK.sub(lambda block: f"{block[1]}{tables[block[2]]()}\n{block[3]}", text)


def slug(heading: str) -> str:
    """A heading's anchor as GitHub makes it."""
    plain = LINK.sub(lambda link: link[0].partition("](")[0].lstrip("![").strip(), heading)
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def anchors(text: str) -> set[str]:
    """Every anchor of a document."""
    return {slug(heading) for heading in HEADING.findall(FENCED.sub("", text))}


def broken_links(path: Path) -> Iterator[str]:
    """Links to files or headings of this repository that are not there."""
    text = INLINE_CODE.sub("", FENCED.sub("", path.read_text(encoding="utf-8")))
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists():
            yield f"{target}: no such file"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text("utf-8")):
            yield f"{target}: no such heading"


def main(arguments: Sequence[str]) -> int:
    """Regenerate (or only check) and check links. Returns the exit status."""
    only_check = "--check" in arguments
    faults = []
    for path in documents():
        name = path.relative_to(ROOT)
        text = path.read_text(encoding="utf-8")
        fresh = regenerated(text)
        if fresh != text and only_check:
            faults.append(f"{name}: a generated table is stale, run make docs")
        elif fresh != text:
            path.write_text(fresh, encoding="utf-8")
            print(f"{name}: regenerated")
        faults += [f"{name}: {fault}" for fault in broken_links(path)]
    print("\n".join(faults) or f"{len(documents())} documents, every link leads somewhere")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
