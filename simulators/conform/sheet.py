"""The acceptance sheet: for the terminal window, as HTML, as JSON; in Chinese and English."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from html import escape
from typing import Any

from simulators.conform.exam import Exam
from simulators.conform.record import FAIL, NOT_TESTED, PASS, Finding

WORDS = {PASS: ("合格", "pass"), FAIL: ("不合格", "FAIL"), NOT_TESTED: ("未测", "not tested")}
_STYLE = """
body{font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;margin:2rem auto;max-width:70rem;
padding:0 1rem;color:#1b1b1b}table{border-collapse:collapse;width:100%}
td,th{border:1px solid #bbb;padding:.4rem .6rem;vertical-align:top;text-align:left}
.pass{background:#e3f4e3}.fail{background:#fbdcdc;font-weight:600}.not_tested{background:#eee}
pre{font-size:12px;white-space:pre-wrap;word-break:break-all;margin:.4rem 0}small{color:#555}
@media print{details{display:block}}
"""


def sheet(exam: Exam, terminal: str, at_s: float) -> dict[str, Any]:
    """Plain values (docs/conform.md). `at_s`: when it ended, seconds since 1970."""
    outcomes = Counter(finding.verdict.outcome for finding in exam.findings)
    edition = exam.platform.edition or None
    return {
        "standard": f"JT/T 808-{edition}" if edition else None,
        "terminal": terminal,
        "ended_at": datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds"),
        "passed": exam.passed,
        "counts": {name: outcomes[name] for name in (PASS, FAIL, NOT_TESTED)},
        "clauses": [_entry(finding) for finding in exam.findings],
    }


def _entry(finding: Finding) -> dict[str, Any]:
    step, verdict = finding.step, finding.verdict
    return {
        "name": step.name,
        "clause": finding.clause,
        "required_zh": step.zh,
        "required_en": step.en,
        "outcome": verdict.outcome,
        "seen_zh": verdict.zh,
        "seen_en": verdict.en,
        "frames": [
            {
                "at": datetime.fromtimestamp(one.at_s, UTC).isoformat(timespec="milliseconds"),
                "direction": one.direction,
                "message": one.message,
                "hex": one.hex,
            }
            for one in finding.frames
        ],
    }


def text(told: dict[str, Any]) -> str:
    """For people at the command line; the frames of what failed below it."""
    lines = [_title(told)]
    for entry in told["clauses"]:
        zh, en = WORDS[entry["outcome"]]
        lines += [
            f"{zh} {en:<10}  {entry['clause']:<16} {entry['required_zh']}",
            f"{'':31}{entry['required_en']}",
            f"{'':31}-> {entry['seen_zh']}；{entry['seen_en']}",
        ]
        if entry["outcome"] == FAIL:
            lines += [f"{'':34}{_frame(one)}" for one in entry["frames"]]
    return "\n".join([*lines, _total(told)])


def html(told: dict[str, Any]) -> str:
    """One page that prints; frames fold open."""
    rows = "".join(_row(entry) for entry in told["clauses"])
    title, total = escape(_title(told)), escape(_total(told))
    head = (
        "<tr><th>条款 Clause</th><th>要求 Required</th><th>所见 Seen</th><th>结论 Result</th></tr>"
    )
    return (
        '<!doctype html><html lang="zh"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"<p>{escape(told['ended_at'])}</p><table>{head}{rows}</table><p><b>{total}</b></p>"
        "</body></html>\n"
    )


def _row(entry: dict[str, Any]) -> str:
    zh, en = WORDS[entry["outcome"]]
    frames = "\n".join(escape(_frame(one)) for one in entry["frames"])
    shown = (
        f"<details><summary>{len(entry['frames'])} 帧 frames</summary><pre>{frames}</pre></details>"
    )
    cells = (
        escape(entry["clause"]),
        f"{escape(entry['required_zh'])}<br><small>{escape(entry['required_en'])}</small>",
        f"{escape(entry['seen_zh'])}<br><small>{escape(entry['seen_en'])}</small>"
        + (shown if frames else ""),
        f"{zh}<br>{en}",
    )
    return f'<tr class="{entry["outcome"]}">' + "".join(f"<td>{c}</td>" for c in cells) + "</tr>"


def _title(told: dict[str, Any]) -> str:
    standard = told["standard"] or "JT/T 808"
    return f"终端检测表 Acceptance sheet: {standard}, {told['terminal'] or '-'}"


def _total(told: dict[str, Any]) -> str:
    counts = told["counts"]
    zh, en = WORDS[PASS if told["passed"] else FAIL]
    return (
        f"{zh} {en}: 合格 {counts[PASS]}, 不合格 {counts[FAIL]}, 未测 {counts[NOT_TESTED]}"
        f" ({counts[PASS]} passed, {counts[FAIL]} failed, {counts[NOT_TESTED]} not tested)"
    )


def _frame(one: dict[str, Any]) -> str:
    arrow = "->" if one["direction"] == "up" else "<-"
    return f"{one['at'][11:23]} {arrow} {one['message']}: {one['hex']}"
