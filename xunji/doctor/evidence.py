"""Frozen evidence: whether its chain is whole, and what to note down of it."""

from __future__ import annotations

from pathlib import Path

from storage.database import Connection
from storage.evidence import verify_chain
from storage.media import MediaStore
from xunji.doctor.check import Check


async def check_evidence(conn: Connection, data_dir: Path) -> Check:
    """Walks the whole chain; its pictures lie in `data_dir`."""
    found = await verify_chain(conn, MediaStore(data_dir / "media"))
    if found.broken is None:
        return Check(
            name="evidence",
            state="ok",
            zh=f"已封存 {found.packs} 份证据，链条完整；链尾 {found.head}",
            en=f"{found.packs} packs of evidence, their chain is whole; head {found.head}",
        )
    broken = found.broken
    place = f"violation {broken.violation_id}" if broken.violation_id else "the chain"
    place_zh = f"违规 {broken.violation_id}" if broken.violation_id else "整条链"
    return Check(
        name="evidence",
        state="broken",
        zh=f"前 {found.packs} 份证据完整，其后断开（{place_zh}）：{broken.why}",
        en=f"{found.packs} packs of evidence are good, then {place} breaks the chain: {broken.why}",
        mend_zh="停止以其后的证据处罚；与已导出的证据包和备份比对，查明谁改动了数据库或照片。",
        mend_en="do not fine by what follows; compare it with exported packs and with backups, and "
        "find out who has changed the database or its pictures.",
    )
