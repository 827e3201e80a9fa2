"""Daily summaries: one day of one vehicle, picked by chance, against its stored positions."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from pipeline.daily_summaries import days_from_points
from storage.daily_summaries import any_day, days_of
from storage.database import Connection
from storage.instants import to_datetime
from storage.retention_rules import MAX_DAYS, kept_days
from xunji.doctor.check import Check


async def check_summaries(conn: Connection, retention_days: int, now_us: int) -> Check:
    """`conn` in autocommit."""
    async with conn.transaction():
        await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        kept = min(retention_days, *(await kept_days(conn, "positions")).values(), MAX_DAYS)
        # A local day may begin before the first one that is kept.
        since = to_datetime(now_us).date() - timedelta(days=kept - 2)
        found = await any_day(conn, since)
        if found is None:
            return Check(
                name="summaries",
                state="ok",
                zh="没有可核对的每日汇总",
                en="no daily summary to compare",
            )
        device_id, day, zone = found
        said = await days_of(conn, device_id, day, day)
        end = day + timedelta(days=1)
        made = await days_from_points(conn, device_id, ZoneInfo(zone), day, end)
    if said.tolist() == made.tolist():
        return Check(
            name="summaries",
            state="ok",
            zh=f"每日汇总与定位点相符（抽查：{day}，终端 {device_id}）",
            en=f"daily summaries are as their positions say (picked: {day}, unit {device_id})",
        )
    return Check(
        name="summaries",
        state="warning",
        zh=f"终端 {device_id} 在 {day} 的每日汇总与其定位点不符",
        en=f"the daily summary of unit {device_id} on {day} is not what its positions say",
        mend_zh="运行 xunji storage rebuild-days 重新汇总。",
        mend_en="make them anew: xunji storage rebuild-days",
    )
