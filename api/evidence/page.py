"""A pack as a page to read and print, in Chinese and English; nothing comes from outside."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Literal

from storage.evidence import Pack
from storage.media import SUFFIXES

Row = dict[str, Any]
Language = Literal["zh", "en"]
_STYLE = """
body{font:15px/1.6 "Noto Sans CJK SC",system-ui,sans-serif;max-width:60em;margin:2em auto;
padding:0 1em;color:#1c2733}
h2{margin-top:1.6em;border-bottom:1px solid #d5dde5}
table{border-collapse:collapse;width:100%} td,th{border:1px solid #e3e9ef;padding:.2em .6em;
text-align:left;vertical-align:top;overflow-wrap:anywhere}
img{max-width:100%;max-height:24em} code{font:12px ui-monospace,monospace;overflow-wrap:anywhere}
svg{width:100%;height:20em;border:1px solid #d5dde5}
"""
# Chinese, English; the words of the page, in the order in which it tells.
_WORDS: dict[str, tuple[str, str]] = {
    "title": ("违规证据", "Evidence of a violation"),
    "unit": ("车辆", "Unit"),
    "where": ("地点", "Place"),
    "when": ("时间", "Time"),
    "organisation": ("所属单位", "Organisation"),
    "responsible": ("责任单位", "Answers for the place"),
    "outcome": ("处理结果", "Outcome"),
    "rule": ("规则与参数", "Rule and parameters"),
    "parameter": ("参数", "Parameter"),
    "value": ("取值", "Value"),
    "basis": ("依据", "Basis"),
    "against": ("不利于认定的事实", "What speaks against it"),
    "nothing": ("无", "Nothing"),
    "track": ("轨迹（红色为违规段）", "Track (the episode in red)"),
    "fixes": ("定位记录", "Fixes"),
    "received": ("接收时间", "Received"),
    "speed": ("车速 km/h", "Speed, km/h"),
    "signals": ("信号", "Signals"),
    "photos": ("照片", "Photos"),
    "permits": ("当时有效的准运证与联单", "Permits and waybills in force"),
    "frames": ("原始报文", "Raw frames"),
    "seal": ("封存", "Seal"),
}


def page(pack: Pack, language: Language) -> str:
    """The whole page."""
    content, word = pack.read(), _words(language)
    violation = content["violation"]
    sentence = violation[f"sentence_{language}"]
    sections = (
        _section(word["rule"], _rule(content["rule_text"], word, language)),
        _section(word["against"], _against(content["against"], word, language)),
        _section(word["track"], _drawing(content)),
        _section(word["fixes"], _fixes(content, word)),
        _section(word["photos"], _photos(content.get("photos", []), word)),
        _section(word["permits"], _permits(content, word)),
        _section(word["frames"], _frames(content, word)),
        _section(word["seal"], _seal(pack, content)),
    )
    title = f"{word['title']} {pack.violation_id}"
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{escape(title)}'
        f"</title><style>{_STYLE}</style><h1>{escape(title)}</h1><p><strong>{escape(sentence)}"
        f"</strong></p>{_facts(violation, word)}{''.join(sections)}</html>"
    )


def _words(language: Language) -> dict[str, str]:
    return {name: pair[language == "en"] for name, pair in _WORDS.items()}


def _section(title: str, body: str) -> str:
    return f"<h2>{escape(title)}</h2>{body}"


def _table(rows: Iterable[Sequence[Any]], head: Sequence[str] = ()) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(_text(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table>{f'<tr>{top}</tr>' if top else ''}{body}</table>"


def _text(value: Any) -> str:
    match value:
        case None:
            return "-"
        case dict():
            return ", ".join(f"{name}: {_text(inner)}" for name, inner in value.items())
        case list():
            return ", ".join(map(_text, value))
        case _:
            return str(value)


def _facts(violation: Row, word: dict[str, str]) -> str:
    device = violation["device"]
    unit = " ".join(filter(None, (device["plate"], device["name"], device["kind"])))
    times = f"{violation['started_at']} - {violation['ended_at'] or violation['last_at']}"
    outcome = [violation.get(name) for name in ("result", "reason", "note", "closed_at")]
    rows = [
        (word["unit"], unit),
        (word["when"], times),
        (word["where"], f"{violation['longitude']}, {violation['latitude']} (WGS-84)"),
        (word["organisation"], violation.get("organisation")),
        (word["responsible"], violation.get("responsible_organisation")),
        (word["outcome"], " ".join(filter(None, outcome))),
    ]
    return _table(rows)


def _rule(rule: Row, word: dict[str, str], language: Language) -> str:
    rows = [
        (p[language], f"{p['value']} {p['unit']}", p["name"], p["basis"])
        for p in rule["parameters"]
    ]
    head = (word["parameter"], word["value"], "", word["basis"])
    return f"<p>{escape(rule[language])}</p>{_table(rows, head)}"


def _against(points: list[Row], word: dict[str, str], language: Language) -> str:
    if not points:
        return f"<p>{word['nothing']}</p>"
    return f"<ul>{''.join(f'<li>{escape(point[language])}</li>' for point in points)}</ul>"


def _drawing(content: Row) -> str:
    """The line as a picture, a degree of longitude as short as it is there."""
    line = content["track"]["geometry"]["coordinates"]
    if len(line) < 2:
        return "<p>-</p>"
    narrow = math.cos(math.radians(line[0][1]))
    line = [(x * narrow, y) for x, y in line]
    west, east = min(x for x, _ in line), max(x for x, _ in line)
    south, north = min(y for _, y in line), max(y for _, y in line)
    scale = 1_000 / max(east - west, north - south, 1e-6)
    points = [f"{(x - west) * scale:.1f},{(north - y) * scale:.1f}" for x, y in line]
    part = content["episode"]
    episode = points[part["from_index"] : part["to_index"] + 1] if part else []
    box = f"-20 -20 {(east - west) * scale + 40:.0f} {(north - south) * scale + 40:.0f}"
    return (
        f'<svg viewBox="{box}"><g fill="none" stroke-width="6"><polyline stroke="#8899aa" '
        f'points="{" ".join(points)}"/><polyline stroke="#c0262d" points="{" ".join(episode)}"/>'
        "</g></svg>"
    )


def _fixes(content: Row, word: dict[str, str]) -> str:
    track = content["track"]
    given = track["properties"]
    received = given.get("received_at") or given["times"]
    columns = (given["times"], received, track["geometry"]["coordinates"], given["speed_kmh"])
    rows = zip(*columns, given["signals"], strict=True)
    head = (word["when"], word["received"], word["where"], word["speed"], word["signals"])
    return _table(rows, head)


def _photos(photos: list[Row], word: dict[str, str]) -> str:
    if not photos:
        return f"<p>{word['nothing']}</p>"
    return "".join(
        f'<figure><img src="photos/{photo_name(photo)}" alt=""><figcaption>'
        f"{escape(photo['taken_at'])} <code>{photo['sha256']}</code></figcaption></figure>"
        for photo in photos
    )


def photo_name(photo: Row) -> str:
    """A picture's name in the archive."""
    return f"{photo['sha256']}{SUFFIXES.get(photo['content_type'], '')}"


def _permits(content: Row, word: dict[str, str]) -> str:
    papers = [*content.get("permits", []), *content.get("waybills", [])]
    if not papers:
        return f"<p>{word['nothing']}</p>"
    return _table([(paper["number"], paper) for paper in papers])


def _frames(content: Row, word: dict[str, str]) -> str:
    frames: list[Row] = content.get("raw_frames") or content["frames"]
    rows = [(f["time"], f["received_at"], f["protocol"], f["hex"]) for f in frames]
    return _table(rows, (word["when"], word["received"], "", ""))


def _seal(pack: Pack, content: Row) -> str:
    chain = content["chain"]
    rows = [
        ("SHA-256", pack.sha256),
        ("sequence", chain["sequence"]),
        ("previous SHA-256", chain["previous_sha256"]),
        ("made by", content.get("made_by")),
        ("replays to the same finding", content.get("replay", {}).get("reproduced")),
    ]
    return _table(rows)
