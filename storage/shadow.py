"""What a rule on trial found beside what live rules of its kind raised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from storage.instants import to_datetime
from storage.scope import VIOLATION_IS_VISIBLE

Row = dict[str, Any]
MAX_NAMED = 100  # ids that a comparison lists; counts are of all

_COMPARED = f"""
WITH seen AS (
    SELECT v.id, v.device_id, v.rule_id, v.shadow, v.started_at,
           coalesce(v.ended_at, v.last_at) AS until
    FROM violations v
    WHERE v.kind = %(kind)s AND v.finding = 'standing' AND v.device_id = ANY(%(devices)s)
      AND v.started_at < %(to)s AND coalesce(v.ended_at, v.last_at) >= %(from)s
      AND CASE WHEN v.shadow THEN v.rule_id = %(rule)s
               ELSE %(against)s::integer IS NULL OR v.rule_id = %(against)s END
      AND {VIOLATION_IS_VISIBLE}
), paired AS (
    SELECT s.*, EXISTS (SELECT 1 FROM seen o WHERE o.device_id = s.device_id
        AND o.shadow <> s.shadow AND o.started_at <= s.until AND o.until >= s.started_at) AS met
    FROM seen s
)
SELECT count(*) FILTER (WHERE shadow) AS shadow,
       count(*) FILTER (WHERE NOT shadow) AS live,
       count(DISTINCT device_id) FILTER (WHERE shadow) AS shadow_devices,
       count(DISTINCT device_id) FILTER (WHERE NOT shadow) AS live_devices,
       count(*) FILTER (WHERE shadow AND met) AS both,
       count(*) FILTER (WHERE shadow AND NOT met) AS only_shadow,
       count(*) FILTER (WHERE NOT shadow AND NOT met) AS only_live,
       coalesce(array_agg(DISTINCT rule_id) FILTER (WHERE NOT shadow), '{{}}') AS live_rule_ids,
       coalesce((array_agg(id ORDER BY id DESC) FILTER (WHERE shadow AND NOT met))[:{MAX_NAMED}],
                '{{}}') AS only_shadow_ids,
       coalesce((array_agg(id ORDER BY id DESC) FILTER (WHERE NOT shadow AND NOT met))
                [:{MAX_NAMED}], '{{}}') AS only_live_ids
FROM paired
"""  # noqa: S608 the fragments are ours


class Among(NamedTuple):
    """These devices in [from, to); `against`: one live rule, None: every one of the kind."""

    device_ids: Sequence[int]
    from_us: int
    to_us: int
    against: int | None


async def compare_shadow(
    conn: AsyncConnection[Any],
    organisations: Sequence[int],
    rule: Row,
    among: Among,
) -> Row:
    """Counts of what the rule on trial and what live rules of its kind found, and how many met."""
    values = {
        "organisations": list(organisations),
        "rule": rule["id"],
        "kind": rule["kind"],
        "devices": list(among.device_ids),
        "from": to_datetime(among.from_us),
        "to": to_datetime(among.to_us),
        "against": among.against,
    }
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_COMPARED.encode(), values)
        row = await cursor.fetchone()
    assert row is not None
    return row
