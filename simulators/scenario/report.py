"""A run's report: JSON, JUnit XML, and a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from simulators.scenario.plan import Plan
from simulators.scenario.score import Score

_COLUMNS = (
    "expected", "raised", "matched", "missed", "false",
    "precision", "recall", "delay_p50_s", "delay_p99_s",
)  # fmt: skip


def report(
    plan: Plan,
    score: Score,
    seconds: tuple[float, float],
    error: str | None,
    counts: Mapping[str, int],
) -> dict[str, Any]:
    """The JSON report (docs/simulators.md). `seconds`: of the run, of them the simulators' own."""
    whole_s, own_s = seconds
    rules = {kind: entry.summary() for kind, entry in score.rules.items()}
    return {
        "scenario": plan.name,
        "passed": score.passed and error is None,
        "error": error,
        "vehicle_hours": round(plan.vehicle_hours, 3),
        "seconds": round(whole_s, 1),
        "simulators_s": round(own_s, 1),
        "unit_seconds_per_s": round(plan.vehicle_hours * 3_600 / max(whole_s, 0.1)),
        "rules": rules,
        "total": score.total().summary(),
        "missed": [{"rule": rule, "what": what} for rule, what in score.missed],
        "false_violations": [{"rule": rule, "what": what} for rule, what in score.false],
        "counts": dict(counts),
    }


def junit(told: Mapping[str, Any]) -> bytes:
    """JUnit XML: one test case a rule, one more for the run itself."""
    suite = ET.Element("testsuite", name=f"xunji.{told['scenario']}", time=str(told["seconds"]))
    failures = 0
    for rule, entry in told["rules"].items():
        case = ET.SubElement(suite, "testcase", classname=told["scenario"], name=rule, time="0")
        faults = [f"missed: {o['what']}" for o in told["missed"] if o["rule"] == rule]
        faults += [f"false: {o['what']}" for o in told["false_violations"] if o["rule"] == rule]
        if faults:
            failures += 1
            words = f"{entry['missed']} missed, {entry['false']} false"
            ET.SubElement(case, "failure", message=words).text = "\n".join(faults)
    run = ET.SubElement(
        suite, "testcase", classname=told["scenario"], name="run", time=str(told["seconds"])
    )
    if told["error"]:
        ET.SubElement(run, "error", message=told["error"])
    suite.set("tests", str(len(told["rules"]) + 1))
    suite.set("failures", str(failures))
    suite.set("errors", str(int(bool(told["error"]))))
    document: bytes = ET.tostring(suite, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def table(told: Mapping[str, Any]) -> str:
    """The report as aligned columns, then what was missed and what was false."""
    rows = [("rule", *_COLUMNS)]
    for name, entry in [*told["rules"].items(), ("total", told["total"])]:
        if name == "total" or entry["expected"] or entry["raised"]:
            rows.append((name, *(_cell(entry[column]) for column in _COLUMNS)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    lines.append(
        f"{told['vehicle_hours']:,.0f} vehicle-hours in {told['seconds']:.0f} s, of them"
        f" {told['simulators_s']:.0f} s the simulators' own:"
        f" {told['unit_seconds_per_s']:,} vehicle-seconds a second"
    )
    lines += [f"  missed: {one['rule']}, {one['what']}" for one in told["missed"]]
    lines += [f"  false: {one['rule']}, {one['what']}" for one in told["false_violations"]]
    if told["error"]:
        lines.append(f"  stopped: {told['error']}")
    return "\n".join(lines)


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}"
