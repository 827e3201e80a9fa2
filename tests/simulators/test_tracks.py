"""Recorded tracks: what is read, how missing times are filled, and what is refused with words."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.tracks import TrackProblem, read_track

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
