"""Recorded tracks: what is read, how missing times are filled, and what is refused with words."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from simulators.replay import fixes_of
from simulators.replay_faults import FaultProblem, ReplayFaults
from simulators.track_point import TrackPoint
from simulators.tracks import TrackProblem, moved, read_track

GPX = """<?xml version="1.0"?>
<g:gpx xmlns:g="http://www.topografix.com/GPX/1/1"><g:metadata><g:time>2020-01-01T00:00:00Z</g:time>
</g:metadata><g:wpt lat="1" lon="1"><g:time>2019-01-01T00:00:00Z</g:time></g:wpt><g:trk><g:trkseg>
<g:trkpt lat="45.5" lon="14.25"><g:ele>12.5</g:ele><g:time>2020-12-18T06:15:50Z</g:time></g:trkpt>
<g:trkpt lat="45.501" lon="14.25"/>
<g:trkpt lat="45.502" lon="14.25"><g:time>2020-12-18T06:16:10Z</g:time><g:speed>10</g:speed>
</g:trkpt></g:trkseg></g:trk></g:gpx>"""


def test_gpx_points_with_times_between_filled(tmp_path: Path) -> None:
    path = tmp_path / "a.gpx"
    path.write_text(GPX)
    points = read_track(path)
    assert [p.time_s for p in points] == [1608272150.0, 1608272160.0, 1608272170.0]
    assert points[0].altitude_m == 12.5
    assert points[2].speed_kmh == 36.0
    assert points[1].speed_kmh == pytest.approx(40.0, abs=0.2)
    assert points[1].course_deg == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("latitude,longitude\n1,2\n3,4\n", [0.0, 2.0]),
        ("Time;Lng;Lat\n1600000000;2;1\n1600000005;4;3\n", [1600000000.0, 1600000005.0]),
        ("timestamp,lat,lon\n1600000000000,1,2\n\n1600000005000,3,4\n", [1.6e9, 1600000005.0]),
        (
            "time\tlat\tlon\n2020-09-13T12:26:40Z\t1\t2\n2020-09-13 12:26:45\t3\t4\n",
            [1.6e9, 1.6e9 + 5],
        ),
    ],
)  # fmt: skip
def test_csv_columns_and_times(tmp_path: Path, text: str, times: list[float]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    points = read_track(path, interval_s=2.0)
    assert [(p.latitude, p.longitude) for p in points] == [(1, 2), (3, 4)]
    assert [p.time_s for p in points] == times


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.kml", "", "neither"),
        ("a.csv", "", "no column for the latitude"),
        ("a.csv", "lat,lon\n", "no points"),
        ("a.csv", "lat,lon\n1,x\n", "line 2"),
        ("a.csv", "lat,lon\n1,nan\n", "not a number"),
        ("a.csv", "lat,lon\n91,0\n", "nowhere on Earth"),
        ("a.csv", "lat,lon,time\n1,1,yesterday\n", "not a time"),
        ("a.csv", "lat,lon\n1\n", "line 2"),
        ("a.gpx", "<gpx><trkpt", "not XML"),
        ("a.gpx", "<gpx/>", "no points"),
        ("a.gpx", '<gpx><trkpt lat="1"/></gpx>', "point 1"),
        (
            "a.gpx",
            '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><gpx>&b;</gpx>',
            "DOCTYPE",
        ),
        ("missing.csv", None, "No such file"),
    ],
)
def test_what_is_no_track_is_refused_with_words(
    tmp_path: Path, name: str, text: str | None, says: str
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(TrackProblem, match=says):
        read_track(path)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("sample_trace_1.csv", 1_053),
        ("andorra_drive.gpx", 21),
        ("around-visnjan-with-car.gpx", 104),
        ("cerknicko-jezero.gpx", 296),
        ("korita-zbevnica.gpx", 871),
    ],
)
def test_real_tracks(shared: Path, name: str, count: int) -> None:
    points = read_track(shared / "data" / name)
    times = [p.time_s for p in points]
    assert len(points) == count
    assert times == sorted(t for t in times if t is not None)


PLT = """Geolife trajectory
WGS 84
Altitude is in Feet
Reserved 3
0,2,255,My Track,0,0,2,8421376
0
39.984702,116.318417,0,492,39744.1201851852,2008-10-23,02:53:04
39.984683,116.31845,0,-777,39744.1202546296,2008-10-23,02:53:10
"""
FEATURE = {
    "type": "Feature",
    "geometry": {"type": "LineString", "coordinates": [[118.8, 32.05], [118.801, 32.05]]},
    "properties": {
        "times": ["2026-03-02T04:00:00Z", "2026-03-02T04:00:15Z"],
        "speed_kmh": [22.5, None],
        "course_deg": [90, 91],
    },
}


def test_geolife(tmp_path: Path) -> None:
    path = tmp_path / "20081023.plt"
    path.write_text(PLT)
    first, second = read_track(path)
    assert (first.longitude, first.latitude) == (116.318417, 39.984702)
    assert first.time_s == 1224730384
    assert second.time_s == 1224730390
    assert first.altitude_m == pytest.approx(149.96, abs=0.01)
    assert second.altitude_m is None
    path.write_text(PLT + "39.9,116.3,0,4\n")
    with pytest.raises(TrackProblem, match="line 9: 4 columns"):
        read_track(path)


def test_our_own_track(tmp_path: Path) -> None:
    path = tmp_path / "track.geojson"
    path.write_text(json.dumps(FEATURE))
    first, second = read_track(path)
    assert first.time_s == 1772424000
    assert (first.speed_kmh, first.course_deg) == (22.5, 90)
    assert second.course_deg == 91
    assert second.speed_kmh == pytest.approx(22.6, abs=0.2)  # from the way
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [FEATURE]}))
    assert len(read_track(path)) == 2
    for wrong in ("[]", "{", json.dumps({"type": "Feature", "geometry": None})):
        path.write_text(wrong)
        with pytest.raises(TrackProblem, match=r"track\.geojson"):
            read_track(path)


def test_a_track_is_moved_without_a_change_of_its_metres(tmp_path: Path) -> None:
    path = tmp_path / "track.geojson"
    path.write_text(json.dumps(FEATURE))
    points = read_track(path)
    first, second = moved(points, 116.4, 39.9)
    assert (first.longitude, first.latitude) == pytest.approx((116.4, 39.9))
    width = math.cos(math.radians(39.9)) * (second.longitude - first.longitude)
    assert width == pytest.approx(math.cos(math.radians(32.05)) * 0.001)
    assert second.time_s == points[1].time_s


def test_faults_are_seeded_and_named() -> None:
    fixes = fixes_of([TrackPoint(118.8 + n / 1e4, 32.05, float(n)) for n in range(400)], 0)
    told = ["gnss_drift=8", "outliers=0.05", "packet_loss=0.25", "duplicates=0.5"]
    one, two = (ReplayFaults(told, 3).spoil(fixes.copy()) for _ in range(2))
    assert (one == two).all()
    assert 240 < len(one) < 360
    assert (ReplayFaults(told, 4).spoil(fixes.copy())["time_s"].tolist()) != one["time_s"].tolist()
    off = np.abs(one["latitude_e6"] - 32_050_000)
    assert 20 < np.median(off[off < 500]) < 200
    assert (off > 700).sum() > 3
    assert ReplayFaults(told, 3).line().duplicates == 0.5
    for wrong in ("rain=1", "packet_loss=2", "gnss_drift"):
        with pytest.raises(FaultProblem):
            ReplayFaults([wrong], 1)
