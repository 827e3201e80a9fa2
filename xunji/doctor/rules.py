"""Rules that have stopped themselves."""

from __future__ import annotations

from storage.database import Connection
from storage.failing import failing_in_force
from xunji.doctor.check import Check


async def check_rules(conn: Connection, now_us: int) -> list[Check]:
    """One check a failing rule; one for all when none fails."""
    failing = await failing_in_force(conn, now_us)
    if not failing:
        return [Check(name="rules", state="ok", zh="没有出错的规则", en="no rule fails")]
    return [
        Check(
            name=f"rule_{rule['id']}",
            state="broken",
            zh=f"规则 {rule['id']}（{rule['name_zh']}）第 {rule['version']} 版出错停用："
            f"{rule['error']}",
            en=f"rule {rule['id']} ({rule['name_en']}), version {rule['version']}, has stopped "
            f"itself: {rule['error']}",
            mend_zh="改正规则的参数或时段后保存（新版本会重新判定）；若是程序错误，升级后再保存一次。",
            mend_en="mend its parameters or schedule and save it (a new version is judged again); "
            "if it is our error, save it again after an upgrade.",
        )
        for rule in failing
    ]
