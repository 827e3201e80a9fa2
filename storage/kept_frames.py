"""Raw frames that violations still need: out of the reach of retention and of the disk guard.

When a violation is closed its pack takes what it needs; until then its frames are copied before
their day goes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from storage.database import Connection

AROUND = timedelta(minutes=5)  # of a violation, as its pack has them

_NEEDED = """
EXISTS (SELECT 1 FROM violations v WHERE v.device_id = f.device_id AND v.status <> 'closed'
        AND v.finding = 'standing' AND NOT v.shadow
        AND f.time < v.last_at + %(around)s AND f.until >= v.started_at - %(around)s)
"""
_KEEP = f"""
INSERT INTO kept_frames SELECT f.* FROM raw_frames f
WHERE f.time < %(end)s AND {_NEEDED}
AND NOT EXISTS (SELECT 1 FROM kept_frames k WHERE k.device_id = f.device_id AND k.time = f.time
                AND k.received_at = f.received_at AND k.frame = f.frame)
"""  # noqa: S608
_FORGET = f"DELETE FROM kept_frames f WHERE NOT {_NEEDED}"  # noqa: S608


async def keep_needed_frames(conn: Connection, end: datetime) -> int:
    """Copy what open violations need of the time before `end`; how many frames that were."""
    return (await conn.execute(_KEEP.encode(), {"end": end, "around": AROUND})).rowcount


async def forget_kept_frames(conn: Connection) -> int:
    """Drop what no open violation needs any more."""
    return (await conn.execute(_FORGET.encode(), {"around": AROUND})).rowcount
