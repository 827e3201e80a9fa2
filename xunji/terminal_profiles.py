"""Which terminal has which profile: as the register says, else by the maker and model it named."""

from __future__ import annotations

from pathlib import Path

from protocols.jt808 import JT808
from protocols.jt808.profiles import FOLDER, STANDARD, load_profiles
from protocols.jt808.signals import Profile
from storage.registration import SpokenProfile


def profiles_of(folder: Path | None) -> dict[str, Profile]:
    """Those of the package and of the setting's folder. Raises ProfileError."""
    return load_profiles(FOLDER if folder is None else folder)


def tell_profiles(known: dict[str, Profile], units: list[SpokenProfile]) -> None:
    """Let the decoder know; a name that is no longer known means the standard."""
    spoken: dict[str, Profile] = {}
    # Of 20,000 terminals a handful of makers: looked up each, they cost a tenth of a second.
    by_maker: dict[tuple[str, str], Profile | None] = {}
    for unit in units:
        profile = known.get(unit.profile or "")
        if profile is None and not unit.profile:
            if (unit.maker, unit.model) not in by_maker:
                by_maker[unit.maker, unit.model] = _by_maker(known, unit)
            profile = by_maker[unit.maker, unit.model]
        if profile is not None and profile.name != STANDARD:
            spoken[unit.identity] = profile
    JT808.speak(spoken)


def _by_maker(known: dict[str, Profile], unit: SpokenProfile) -> Profile | None:
    return next((p for p in known.values() if p.fits(unit.maker, unit.model)), None)
