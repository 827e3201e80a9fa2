"""What `xunji doctor` found, by the names of its checks."""

from __future__ import annotations

from xunji.doctor import Check


def by_name(checks: list[Check]) -> dict[str, Check]:
    assert len({check.name for check in checks}) == len(checks)
    for check in checks:
        assert check.zh
        assert check.en
        assert bool(check.mend_zh) == bool(check.mend_en)
        assert check.mend_en or check.state not in ("warning", "broken"), check
    return {check.name: check for check in checks}
