"""Log-in, users and organisations."""

from __future__ import annotations

from pydantic import BaseModel, Field

from storage.users import Role


class Credentials(BaseModel):
    """Who logs in."""

    username: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1, max_length=200)


class OrganisationName(BaseModel):
    """An organisation by name."""

    id: int
    name: str
    name_en: str


class Organisation(OrganisationName):
    """A visible organisation and the one above it."""

    parent_id: int | None


class MapSource(BaseModel):
    """Where the page takes its base map from; both null: the built-in style."""

    style_url: str | None
    pmtiles_url: str | None


class Me(BaseModel):
    """The user and what the page needs to know about the server's settings."""

    id: int
    username: str
    display_name: str
    role: Role
    organisation: OrganisationName
    locale: str
    permissions: list[str]
    map: MapSource


class LoggedIn(BaseModel):
    """A token and whose it is."""

    token: str
    user: Me


class Person(BaseModel):
    """Somebody who did something."""

    id: int
    display_name: str
