"""`xunji replay FILE`: a recorded track through a simulated terminal."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from simulators.replay import ProtocolName, Replay, replay
from simulators.replay_faults import FaultProblem, ReplayFaults
from simulators.terminal import Refused
from simulators.tracks import TrackProblem, moved, read_track
from xunji.addresses import host_port
from xunji.progress import ProgressBar

DEFAULT_IDENTITY = {"jt808": "13900000001", "handset": "CG90001"}

CITIES = {
    "beijing": (116.397, 39.908),
    "shanghai": (121.473, 31.230),
    "guangzhou": (113.264, 23.129),
    "shenzhen": (114.058, 22.543),
    "nanjing": (118.797, 32.060),
    "wuhan": (114.305, 30.593),
    "chengdu": (104.066, 30.573),
    "xian": (108.940, 34.341),
}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay")(run)


def run(
    file: Annotated[
        Path, typer.Argument(help="a .gpx, .csv, .plt (GeoLife) or .geojson (our API's) file")
    ],
    *,
    protocol: Annotated[ProtocolName, typer.Option(help="jt808 or handset")] = "jt808",
    identity: Annotated[
        str | None, typer.Option(help="phone of the terminal, or the handset's id")
    ] = None,
    gateway: Annotated[str, typer.Option(help="of the server, for jt808")] = "127.0.0.1:6800",
    mqtt: Annotated[str, typer.Option(help="the broker, for handsets")] = "127.0.0.1:1883",
    speed: Annotated[
        float, typer.Option(min=0, help="times as fast as recorded; 0: as fast as it goes")
    ] = 1.0,
    interval: Annotated[
        float, typer.Option(min=0.001, help="seconds between points that have no time")
    ] = 1.0,
    version: Annotated[int, typer.Option(help="of JT/T 808: 2011, 2013 or 2019")] = 2019,
    plate: Annotated[str, typer.Option(help="told at registration")] = "",
    place: Annotated[
        str | None, typer.Option("--to", help="begin there: LONGITUDE,LATITUDE or a city's name")
    ] = None,
    start: Annotated[
        datetime | None, typer.Option(help="when the first fix is taken, UTC; else it ends now")
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option(help="gnss_drift=METRES, packet_loss=SHARE, ...; repeat it")
    ] = None,
    seed: Annotated[int, typer.Option(help="of the faults")] = 1,
    no_shift: Annotated[
        bool, typer.Option("--no-shift", help="keep the recorded times; else it ends now")
    ] = False,
) -> None:
    """Send a recorded track to a server as a terminal would, and say what was acknowledged.

    The terminal must be registered, or the server must register terminals automatically.
    """
    if version not in (2011, 2013, 2019):
        raise typer.BadParameter("--version is 2011, 2013 or 2019")
    orders = Replay(
        identity or DEFAULT_IDENTITY[protocol],
        protocol,
        version,
        plate,
        speed,
        not no_shift,
        None if start is None else start.replace(tzinfo=UTC).timestamp(),
    )
    doors = host_port(gateway), host_port(mqtt)
    bar = ProgressBar()
    try:
        faults = ReplayFaults(fault or (), seed)
        points = read_track(file, interval)
        if place is not None:
            points = moved(points, *_place(place))

        def tell(share: float) -> None:
            bar.show(share, file.name)

        played = asyncio.run(replay(points, orders, *doors, tell=tell, faults=faults))
    except Refused as problem:
        typer.echo(
            f"\n{problem}\nRegister the terminal first (POST /api/v1/devices), or start the server"
            " with XUNJI_GATEWAY__AUTO_REGISTER=true.",
            err=True,
        )
        sys.exit(1)
    except FaultProblem as problem:
        raise typer.BadParameter(str(problem)) from None
    except (TrackProblem, OSError) as problem:
        typer.echo(f"\n{problem}", err=True)
        sys.exit(1)
    typer.echo(
        f"\n{played.fixes} fixes of {file.name} as {protocol} {orders.identity}:"
        f" {played.sent} reports sent, {played.acknowledged} acknowledged,"
        f" {played.refused} refused"
    )
    sys.exit(0 if played.acknowledged == played.sent and not played.refused else 1)


def _place(text: str) -> tuple[float, float]:
    """Longitude and latitude. Raises typer.BadParameter."""
    if text.lower() in CITIES:
        return CITIES[text.lower()]
    try:
        longitude, latitude = (float(part) for part in text.split(","))
    except ValueError:
        known = ", ".join(CITIES)
        raise typer.BadParameter(f"--to is LONGITUDE,LATITUDE or one of {known}") from None
    if not (abs(longitude) <= 180 and abs(latitude) < 89):
        raise typer.BadParameter(f"--to {text} lies nowhere on Earth, or at a pole")
    return longitude, latitude
