"""A message in words for people who read it in a chat or a mail: Chinese, then English."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
MAX_LINES = 20  # of a digest; WeCom takes 4,096 bytes of markdown

_EVENTS = {
    "raised": ("新违规", "New violation"),
    "escalated": ("违规升级", "More severe now"),
    "ended": ("违规结束", "Violation over"),
    "withdrawn": ("违规撤回", "Violation withdrawn"),
    "taken": ("已受理", "Taken"),
    "closed": ("已结案", "Closed"),
    "storm": ("多台终端异常", "Storm"),
    "digest": ("违规汇总", "Digest"),
}
_SEVERITIES = {"info": "提示 info", "warning": "警告 warning", "serious": "严重 serious"}


def title(content: Row) -> str:
    """One line: what happened, to whom."""
    zh, en = _EVENTS.get(content["event"], (content["event"], content["event"]))
    if content["event"] == "digest":
        return f"{zh} {en}: {content['count']}"
    return f"{zh} {en} {_unit(content)}".strip()


def lines(content: Row) -> list[str]:
    """The whole message, line by line."""
    if content["event"] == "digest":
        events = content["events"]
        shown = [f"- {title(event)}：{_said(event, 'zh')}" for event in events[:MAX_LINES]]
        rest = len(events) - len(shown)
        return shown + ([f"… +{rest}"] if rest else [])
    found = [_said(content, "zh"), _said(content, "en")]
    violation = content.get("violation")
    if violation:
        place = f"{violation['longitude']:.6f},{violation['latitude']:.6f}"
        severity = _SEVERITIES.get(violation["severity"], violation["severity"])
        found.append(f"{severity} · {violation['started_at']} · {place} · #{violation['id']}")
    return [line for line in found if line]


def _unit(content: Row) -> str:
    about = content.get("violation") or content
    device = about.get("device") or {}
    return str(device.get("plate") or device.get("name") or "")


def _said(content: Row, language: str) -> str:
    about = content.get("storm") or content.get("violation") or content
    return str(about.get(f"sentence_{language}") or "")
