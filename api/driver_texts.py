"""What the driver's terminal says by default, by rule kind; people may change it before sending.

JT/T 808 terminals take GBK; short, because most read it aloud.
"""

from __future__ import annotations

from api.errors import ApiProblem

_BY_KIND = {
    "uncovered_load": "您的车辆装载未密闭行驶，请立即停车密闭。",
    "route_deviation": "您的车辆已偏离核准路线，请立即返回核准路线行驶。",
    "operating_hours": "您的车辆在禁止时段或区域内行驶，请立即驶离。",
    "not_spraying": "您的车辆在作业路段未洒水，请立即开启洒水作业。",
    "wrong_direction": "您的车辆正在逆向行驶，请立即靠边停车并按规定方向行驶。",
    "forbidden_area": "您的车辆已进入禁行区域，请立即驶离。",
    "left_area": "您的车辆已离开责任区域，请返回责任区域作业。",
    "speeding": "您的车辆已超速，请立即减速。",
    "driving_too_long": "您已连续驾驶超时，请就近安全停车休息。",
    "stop_too_long": "您的车辆停车过久，请尽快驶离或与调度中心联系。",
    "not_sweeping": "您的车辆在作业路段未清扫，请立即开启清扫作业。",
    "sweeping_too_fast": "您的清扫车速过快，请减速作业。",
    "spraying_too_fast": "您的洒水车速过快，请减速作业。",
    "mixer_discharge": "您的车辆在工地、搅拌站外卸料，请立即停止卸料。",
    "illegal_dumping": "您的车辆涉嫌违规倾倒，请立即停止并在原地等候检查。",
    "unwashed_exit": "您的车辆出场未冲洗，请立即返回冲洗。",
    "no_permit": "您的车辆未办理有效准运证，请立即停止运输并接受检查。",
    "no_waybill": "您的车辆本趟运输没有电子联单，请立即与公司联系补办。",
    "off_permit_dump": "您的车辆未在核准的消纳场卸土，请停车接受检查。",
    "unknown_plate": "您的车辆未登记，请立即停车接受检查。",
    "no_permit_seen": "您的车辆无有效准运证，请立即停车并与公司联系。",
    "terminal_silent_seen": "您的车载终端无上报，请立即检查终端。",
    "seen_elsewhere": "您的车载终端定位异常，请立即停车接受检查。",
    "inspector_off_grid": "您已离开责任网格，请尽快返回网格巡查。",
    "late_arrival": "您已迟到，请尽快到达责任网格并上报。",
    "left_early": "您已提前离岗，请与调度中心联系。",
    "absent_in_shift": "您本班次未在岗，请与调度中心联系说明情况。",
    "stays_too_long": "您在一处停留过久，请继续巡查。",
    "missed_check_in": "您有签到点未按时签到，请按路线补签。",
    "patrol_short": "您本班次巡查里程或到访网格不足，请加强巡查。",
    "mocked_position": "您的手持终端正在使用模拟定位，请立即关闭。",
    "inspector_silent": "您的终端已长时间未上报位置，请检查网络和定位后回复。",
}
_OTHERWISE = "您的车辆涉嫌违规，请立即停车检查并与调度中心联系。"
MAX_TEXT_BYTES = 1_024 - 24  # table 0x8300: at most 1,024 bytes; the rest is left for the plate


def driver_text(kind: str, plate: str | None) -> str:
    """The default warning for a rule kind, opened by the plate."""
    text = _BY_KIND.get(kind, _OTHERWISE)
    return f"{plate}：{text}" if plate else text


def check_text(text: str) -> str:
    """The text, if a terminal can take it. Raises ApiProblem("text_not_gbk" | "text_too_long")."""
    strange = sorted({c for c in text if not _in_gbk(c)})
    if strange:
        raise ApiProblem("text_not_gbk", characters="".join(strange[:20]))
    if len(text.encode("gbk")) > MAX_TEXT_BYTES:
        raise ApiProblem("text_too_long", limit=MAX_TEXT_BYTES)
    return text


def _in_gbk(character: str) -> bool:
    try:
        character.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True
