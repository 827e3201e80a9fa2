"""The answers to why-not in words, one table for all of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from model.rulebook import Device, Rule
from rules.clauses import Said
from rules.contract import RuleKind
from rules.wording import duration, number


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`code` of TEXTS, in words; `fix_us`: the fix that was asked (None: it came not so far)."""

    code: str
    zh: str
    en: str
    fix_us: int | None = None
    clauses: tuple[Said, ...] = ()
    violation_id: int | None = None


TEXTS: dict[str, tuple[str, str]] = {
    "rule_not_in_force": (
        "规则当时未生效（{from_zh}起生效）",
        "the rule was not in force then (it is since {from_en})",
    ),
    "rule_failing": ("规则自身出错，已停用：{error}", "the rule has stopped itself: {error}"),
    "out_of_scope": ("该车不在规则的适用范围：{why_zh}", "the unit is out of scope: {why_en}"),
    "no_data": (
        "当时没有收到任何上报（此前最后一次：{before_zh}）",
        "no data were received then (the last before: {before_en})",
    ),
    "gap": (
        "当时没有上报：{before_zh}至{after_zh}无数据，超过允许间隔{max_gap_zh}，不作推断",
        "no report: nothing from {before_en} to {after_en}, more than the {max_gap_en} across which"
        " something may be assumed",
    ),
    "not_positioned": ("终端未定位", "the terminal had no position"),
    "outside_schedule": ("不在规则适用时段内", "outside the rule's schedule"),
    "condition_false": ("条件不成立{clause_zh}", "the condition did not hold{clause_en}"),
    "unknown": (
        "无法判断：{reason_zh}{clause_zh}",
        "cannot be judged: {reason_en}{clause_en}",
    ),
    "between_limits": (
        "介于触发与恢复两个限值之间",
        "between the limit to enter and the limit to leave",
    ),
    "cool_down": (
        "上一次违规后的冷却期内（至{until_zh}）",
        "in the cool-down after a violation (to {until_en})",
    ),
    "too_soon": (
        "此前不满足条件的时间不足{wanted_zh}",
        "the condition had not been false for {wanted_en} before",
    ),
    "too_short": ("只持续了{lasted_zh}，须满{wanted_zh}", "lasted only {lasted_en} of {wanted_en}"),
    "too_short_gap": (
        "持续{lasted_zh}后中断{gap_zh}，须满{wanted_zh}",
        "lasted {lasted_en} of {wanted_en}, then nothing was heard for {gap_en}",
    ),
    "not_yet": (
        "至今持续了{lasted_zh}，须满{wanted_zh}",
        "has lasted {lasted_en} of {wanted_en} so far",
    ),
    "would_be_raised": (
        "条件成立（自{started_zh}起）：按现有数据应有违规，判定可能尚未完成，或已被补传数据改变",
        "it holds since {started_en}: by the data at hand a violation is due; its judgement may be"
        " under way, or late data have changed it",
    ),
    "raised": ("已产生违规 {violation}", "a violation was raised: {violation}"),
    "inhibited": (
        "违规 {violation} 属于多台终端同时失联或失去定位（事件 {storm}），不逐一通知",
        "violation {violation} belongs to storm {storm}: many units fell silent or lost GNSS"
        " together, so it is not announced",
    ),
    "withdrawn": (
        "曾产生违规 {violation}，补传数据到达后已撤回；{zh}",
        "violation {violation} was raised and withdrawn when late data came; {en}",
    ),
    "off_duty": ("当时不在班", "not on duty then"),
    "not_working": (
        "最后一次上报（{before_zh}）时不在作业",
        "it was not at work when last heard ({before_en})",
    ),
    "no_duty": (
        "当时没有应完成的任务（无生效的指派，或不在其时段内）",
        "nothing was owed then: no assignment in force, or none of its windows",
    ),
    "not_due": (
        "任务尚未到期（{from_zh}至{due_zh}）",
        "it is not due yet ({from_en} to {due_en})",
    ),
    "unheard": (
        "时段内没有收到任何上报（{from_zh}至{due_zh}），沉默不归责",
        "nothing at all was heard in the window ({from_en} to {due_en}): silence accuses no one",
    ),
    "duty_done": (
        "任务已完成（{from_zh}至{due_zh}）：{facts}",
        "it was done ({from_en} to {due_en}): {facts}",
    ),
    "heard": (
        "当时有上报：{before_zh}至{after_zh}之间只沉默{lasted_zh}，须满{wanted_zh}",
        "it was heard of: silent from {before_en} to {after_en}, only {lasted_en} of {wanted_en}",
    ),
    "silent_so_far": (
        "至此沉默{lasted_zh}，须满{wanted_zh}",
        "silent for {lasted_en} of {wanted_en} so far",
    ),
    "outage": (
        "服务器自身当时没有接收（{before_zh}至{after_zh}），沉默不归责",
        "the server itself heard nobody ({before_en} to {after_en}): silence accuses no one",
    ),
}
_REASONS = {
    "signal_unknown": ("终端未报所需信号", "a signal that the rule needs was not reported"),
    "speed_unknown": ("车速未知", "speed unknown"),
    "poor_gnss": ("定位精度不足", "the position is too inaccurate"),
    "load_unknown": ("载重未知", "nobody knows whether it was loaded"),
    "site_unknown": ("不知在何处装车", "nobody knows where it was loaded"),
    "no_position": ("未定位", "no position"),
    "outage": ("服务器自身当时没有接收", "the server itself heard nobody"),
    "not_heard": ("时段内有效定位覆盖的时间不足", "too little of the window was heard"),
}


def answer(code: str, *, clause: Said | None = None, **values: Any) -> Answer:
    """The answer in words. Values by what they are: `*_us` times, `*_s` durations, others plain."""
    words: dict[str, str] = {"clause_zh": "", "clause_en": "", "reason_zh": "", "reason_en": ""}
    for name, value in values.items():
        stem, _, unit = name.rpartition("_")
        if unit == "us":
            words |= {f"{stem}_zh": _time(value), f"{stem}_en": _time(value)}
        elif unit == "s":
            words |= {f"{stem}_zh": duration(value, "zh"), f"{stem}_en": duration(value, "en")}
        else:
            words[name] = str(value)
    if "reason" in words:
        zh, en = reason_words(words["reason"])
        words |= {"reason_zh": zh, "reason_en": en}
    if clause is not None:
        words["clause_zh"] = f"：“{clause.zh}”{_numbers(clause, '实测', '限值', '，')}"
        words["clause_en"] = f': "{clause.en}"{_numbers(clause, "measured", "threshold", ", ")}'
    zh, en = TEXTS[code]
    return Answer(code=code, zh=zh.format(**words), en=en.format(**words))


def reason_words(reason: str) -> tuple[str, str]:
    """Why a fix cannot be judged, in Chinese and English; a code without words stays as it is."""
    return _REASONS.get(reason, (reason, reason))


def out_of_scope(rule: Rule, kind: RuleKind, device: Device) -> Answer:
    """Which part of the scope leaves the device out."""
    kinds = rule.scope.kinds or kind.vehicle_kinds
    why_zh, why_en = "所属单位不在范围内", "its organisation is not judged"
    if device.kind not in kinds or device.kind not in kind.vehicle_kinds:
        known = ", ".join(name for name in kinds if name in kind.vehicle_kinds)
        why_zh, why_en = f"车型 {device.kind}，规则只判定 {known}", f"{device.kind}, not {known}"
    elif rule.scope.device_ids and device.id not in rule.scope.device_ids:
        why_zh, why_en = "不在规则列出的车辆之中", "it is not among the units that the rule lists"
    elif rule.scope.tags and not set(rule.scope.tags) & set(device.tags):
        tags = ", ".join(rule.scope.tags)
        why_zh, why_en = f"它没有规则要求的标签（{tags}）", f"it has none of the tags {tags}"
    return answer("out_of_scope", why_zh=why_zh, why_en=why_en)


def _numbers(clause: Said, measured: str, threshold: str, comma: str) -> str:
    if clause.threshold is None:
        return ""
    value = "?" if clause.measured is None else number(clause.measured)
    return f" ({measured} {value}{comma}{threshold} {number(clause.threshold)} {clause.unit})"


def _time(time_us: int) -> str:
    if not time_us:
        return "—"
    return datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
