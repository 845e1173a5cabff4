"""Import: what other gait tools write is found to be the same walk, and no unit is taken that nobody agreed to."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

import realdata
from surefoot.cli import importing
from surefoot.cli import main as cli
from surefoot.pipeline.store import open_store
from surefoot.records import SIDES
from surefoot.sensors.files.called import declared, recognized, side_in
from surefoot.sensors.files.columns import RecordingError
from surefoot.sensors.files.frames import look_at, read
from surefoot.sensors.files.guess import GuessParams, guess_acc, guess_gyr, guess_time
from surefoot.simulation.sensor import noise_tape, put_on
from surefoot.simulation.walker import Walker, simulate_walk

RATE_HZ = 100.0
G_MPS2 = 9.80665
COLUMNS = [f"{kind}_{axis}" for kind in ("acc", "gyr") for axis in "xyz"]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def surefoot(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """The command: exit status, standard output, standard error."""
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err and not (tmp_path / "state").exists(), err
        return int(caught.value.code or 0), out, err

    return run


@cache
def walk() -> dict[str, np.ndarray]:
    """Half a minute of somebody, each leg (n, 6) in m/s2 and deg/s."""
    rng = np.random.default_rng(5)
    worn = {side: put_on(rng, noise_tape(rng)) for side in SIDES}
    samples = simulate_walk(Walker(), np.random.default_rng(1), strides=24, sensors=worn)[0]
    n = min(len(samples[side].acc) for side in SIDES)
    return {side: np.hstack([samples[side].acc, samples[side].gyr])[:n] for side in SIDES}


def analysed(out: str) -> list[dict[str, Any]]:
    return [one for line in out.splitlines() if (one := json.loads(line))["type"] == "stride"]


def in_g_and_rad(readings: np.ndarray) -> np.ndarray:
    return np.column_stack([readings[:, :3] / G_MPS2, np.deg2rad(readings[:, 3:])])


def ours(folder: Path) -> list[Path]:
    return [
        realdata.write_csv((walk()[side][:, :3], walk()[side][:, 3:]), folder / f"{side}.csv", RATE_HZ)
        for side in SIDES
    ]


def gaitmap_parquet(path: Path, convert: Callable[[np.ndarray], np.ndarray] = in_g_and_rad) -> Path:
    """Both sensors side by side, as pandas writes a frame with two levels of columns; time in ms."""
    n = len(walk()["left"])
    table = {"time": np.arange(n) * 1000.0 / RATE_HZ}
    for side in SIDES:
        table |= {f"('{side}_sensor', '{c}')": v for c, v in zip(COLUMNS, convert(walk()[side]).T, strict=True)}
    parquet.write_table(pyarrow.table(table), path)
    return path


def two_lines_csv(path: Path, convert: Callable[[np.ndarray], np.ndarray] = in_g_and_rad) -> Path:
    """The same as pandas writes it to CSV."""
    heads = [",".join(["", *(f"{side}_sensor" for side in SIDES for _ in COLUMNS)]), ",".join(["", *COLUMNS, *COLUMNS])]
    rows = np.column_stack([np.arange(len(walk()["left"])) / RATE_HZ, *(convert(walk()[side]) for side in SIDES)])
    with path.open("w") as file:
        file.write("\n".join([*heads, "time [s]" + "," * 12]) + "\n")
        np.savetxt(file, rows, fmt="%.9f", delimiter=",")
    return path


# ---- the same walk


@pytest.mark.parametrize("make", [gaitmap_parquet, two_lines_csv])
def test_a_frame_of_another_tool_is_the_same_walk(surefoot: Run, tmp_path: Path, make: Callable[..., Path]) -> None:
    status, out, _ = surefoot("replay", *ours(tmp_path), "--json")
    known = analysed(out)
    assert status == 0 and len(known) > 20
    frame = make(tmp_path / f"walk.{'parquet' if make is gaitmap_parquet else 'csv'}")
    said = ["--acc-unit", "g", "--gyr-unit", "rad/s", "--placement", "shank"]
    said += ["--time-unit", "ms"] if make is gaitmap_parquet else []
    status, out, err = surefoot("import", frame, *said, "--json")
    assert status == 0, err
    found = analysed(out)
    assert [(s["side"], s["context"], s["valid"]) for s in found] == [
        (s["side"], s["context"], s["valid"]) for s in known
    ]
    for name in ("start_s", "stride_time_s", "speed_mps", "mid_swing_rate_dps"):
        told, true = ([s[name] or 0.0 for s in of] for of in (found, known))
        assert np.allclose(told, true, rtol=1e-3, atol=2e-3), name


def test_what_is_found_is_kept(surefoot: Run, tmp_path: Path) -> None:
    frame, store_at = gaitmap_parquet(tmp_path / "walk.parquet"), tmp_path / "anna.sqlite"
    status, _, err = surefoot("import", frame, "--yes", "--start", "2026-05-01T09:30", "--store", store_at)
    assert status == 0, err
    store = open_store(f"sqlite:///{store_at}")
    assert [day.day for day in store.days(store.gateway())] == ["2026-05-01"]
    assert len(store.strides(0.0, 2e9)) > 20
    store.close()


# ---- nothing is taken that nobody agreed to


def test_elsewhere_than_on_a_terminal_it_names_the_options_and_these_do(surefoot: Run, tmp_path: Path) -> None:
    frame = gaitmap_parquet(tmp_path / "walk.parquet")
    status, out, err = surefoot("import", frame, "--json")
    flags = "--time-unit ms --acc-unit g --gyr-unit rad/s --placement shank"
    assert (status, out) == (2, "") and flags in err and "gravity is 9.81" in err and "100 readings a second" in err
    assert err.count("note:     ") == 10, "five rows of each sensor"
    status, out, err = surefoot("import", frame, "--json", *flags.split())
    assert status == 0 and len(analysed(out)) > 20 and "?" not in err


@pytest.mark.parametrize(("answer", "status"), [(True, 0), (False, 2)])
def test_on_a_terminal_it_asks(
    surefoot: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bool, status: int
) -> None:
    asked: list[str] = []

    def confirm(text: str, **_: object) -> bool:
        asked.append(text)
        return answer

    monkeypatch.setattr(importing, "_asks", lambda: True)
    monkeypatch.setattr("click.confirm", confirm)
    ended, out, err = surefoot("import", gaitmap_parquet(tmp_path / "walk.parquet"), "--json")
    assert ended == status and asked == ["Is that right?"]
    assert bool(analysed(out)) is answer and ("Say what is right" in err) is not answer


def without_gravity(readings: np.ndarray) -> np.ndarray:
    return np.column_stack([readings[:, :3] * 0.02, np.deg2rad(readings[:, 3:])])


def test_what_is_not_plain_is_never_taken(surefoot: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = gaitmap_parquet(tmp_path / "walk.parquet", without_gravity)
    status, out, err = surefoot("import", frame, "--yes", "--json")
    assert (status, out) == (2, "") and "Not plain, to be said: --acc-unit m/s2 or g" in err
    asked: list[str] = []

    def prompt(text: str, **_: object) -> str:
        asked.append(text)
        return "m/s2" if text == "acceleration" else "rad/s"

    monkeypatch.setattr(importing, "_asks", lambda: True)
    monkeypatch.setattr("click.prompt", prompt)
    status, _, err = surefoot("import", frame, "--yes")
    assert asked == ["acceleration"] or asked == ["acceleration", "gyroscope"]
    assert status == 0 and "cannot be trusted" in err, "and what follows from it is said"


def test_units_in_the_names_of_columns_are_taken_at_their_word(surefoot: Run, tmp_path: Path) -> None:
    for side in SIDES:
        names = [f"Accelerometer {a} (g)" for a in "XYZ"] + [f"Gyroscope {a} (rad/s)" for a in "XYZ"]
        rows = np.column_stack([np.arange(len(walk()[side])) * 10.0, in_g_and_rad(walk()[side])])
        path = tmp_path / f"{side}-ankle.csv.gz"
        with gzip.open(path, "wt") as file:
            np.savetxt(file, rows, fmt="%.6f", delimiter=";", header=";".join(["Time (ms)", *names]), comments="")
    status, out, err = surefoot("import", tmp_path / "left-ankle.csv.gz", tmp_path / "right-ankle.csv.gz", "--json")
    assert status == 0 and len(analysed(out)) > 20, err
    assert err.count("as the names in the file say") == 4 and "?" not in err


def test_units_declared_wrongly_are_refused_as_in_a_replay(surefoot: Run, tmp_path: Path) -> None:
    frame = gaitmap_parquet(tmp_path / "walk.parquet")
    said = ["--acc-unit", "m/s2", "--gyr-unit", "rad/s", "--time-unit", "ms", "--placement", "shank"]
    status, out, err = surefoot("import", frame, *said)
    assert (status, out) == (1, "") and "that is gravity in g" in err


def test_whose_leg_it_is_must_be_known(surefoot: Run, tmp_path: Path) -> None:
    frame = two_lines_csv(tmp_path / "walk.csv")
    frame.write_text(frame.read_text().replace("left_sensor", "imu 3").replace("right_sensor", "imu 4"))
    status, _, err = surefoot("import", frame, "--yes")
    assert status == 1 and "none says its leg" in err and "--left-sensor NAME" in err
    status, out, err = surefoot("import", frame, "--yes", "--left-sensor", "imu 3", "--json")
    assert status == 0 and {s["side"] for s in analysed(out)} == {"left"}
    assert "imu 4 is not used" in err and "only the left leg" in err


def test_columns_may_be_declared(surefoot: Run, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    rows = np.column_stack([np.arange(len(walk()["left"])), walk()["left"]])
    np.savetxt(path, rows, fmt="%.6f", delimiter=",", header="n,p,q,r,u,v,w", comments="")
    status, _, err = surefoot("import", "--left", path)
    assert status == 1 and "not known by their names" in err and "The file has: n, p, q, r, u, v, w" in err
    named = "acc_x=p,acc_y=q,acc_z=r,gyr_x=u,gyr_y=v,gyr_z=w"
    status, out, err = surefoot("import", "--left", path, "--columns", named, "--rate", "100", "--yes", "--json")
    assert status == 0 and len(analysed(out)) > 10, err
    status, _, err = surefoot("import", "--left", path, "--columns", named + ",time=n", "--yes")
    assert status == 2 and "it counts 1, 2, 3" in err and "--time-unit s or ms or us or ns or rows" in err
    for wrong, told in (("acc_x=nobody", "no column 'nobody'"), ("foo=p", "knows no 'foo'"), ("acc_x=p", "is acc_y")):
        assert told in surefoot("import", "--left", path, "--columns", wrong)[2]


@pytest.mark.parametrize(
    "content", ["", "a,b\n", "1,2,3\n4,5,6\n", "acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z\n", "PAR1xxxx"]
)
def test_no_file_ends_in_a_traceback(surefoot: Run, tmp_path: Path, content: str) -> None:
    path = tmp_path / "left.csv"
    path.write_text(content)
    status, out, err = surefoot("import", path)
    assert (status, out) == (1, "") and err.startswith("surefoot: ")
    assert surefoot("import", tmp_path / "left-not-there.csv")[0] == 1 and surefoot("import")[0] == 2


# ---- what columns are called


@pytest.mark.parametrize(
    ("names", "sensors", "time"),
    [
        (COLUMNS, [""], None),
        (["time_s", *COLUMNS, "mag_x"], [""], "time_s"),
        ([*(f"left_sensor {c}" for c in COLUMNS), *(f"right_sensor {c}" for c in COLUMNS)],
         ["left_sensor", "right_sensor"], None),
        ([f"left_foot_{c}" for c in COLUMNS], ["left_foot"], None),
        (["Timestamp", "AccX", "AccY", "AccZ", "GyroX", "GyroY", "GyroZ"], [""], "Timestamp"),
        (["t", "ax", "ay", "az", "gx", "gy", "gz"], [""], "t"),
        (["SampleTimeFine", "Acc_X", "Acc_Y", "Acc_Z", "Gyr_X", "Gyr_Y", "Gyr_Z"], [""], "SampleTimeFine"),
        (["Time [ms]", *(f"Acceleration {a} [m/s²]" for a in "xyz"), *(f"Angular Velocity {a} [°/s]" for a in "xyz")],
         [""], "Time [ms]"),
    ],
)  # fmt: skip
def test_names_of_other_tools(names: list[str], sensors: list[str], time: str | None) -> None:
    found = recognized(names)
    assert [one.sensor for one in found] == sensors and {one.time for one in found} == {time}
    for one in found:
        assert list(one.columns) == COLUMNS and len(set(one.columns.values())) == 6
        assert all(ours[-1] == theirs.lower().split("[")[0].strip()[-1] for ours, theirs in one.columns.items())
    if "[" in names[0]:
        assert found[0].units == {"acc": "m/s2", "gyr": "deg/s", "time": "ms"}


def test_names_that_may_mean_two_things_are_refused() -> None:
    with pytest.raises(RecordingError, match="may both be acc_x"):
        recognized([*COLUMNS, "Acc X"])
    with pytest.raises(RecordingError, match="not known by their names"):
        recognized(["acc_x", "acc_y", "acc_z", "mag_x"])
    assert [side_in(one) for one in ("left_sensor", "Right foot", "cleft", "left to right", "imu")] == [
        "left", "right", None, None, None,
    ]  # fmt: skip
    assert declared("acc_x=a,acc_y=b,acc_z=c,gyr_x=d,gyr_y=e,gyr_z=f", "abcdef").time is None


# ---- frames


def test_times_of_day_are_seconds_since_1970(tmp_path: Path) -> None:
    path = tmp_path / "left.csv"
    times = [f"2026-05-01T09:30:00.{k:02d}0Z" for k in range(50)]
    path.write_text("time," + ",".join(COLUMNS) + "\n" + "".join(f"{t},0,0,9.8,1,2,3\n" for t in times))
    values, _ = read(look_at(path), ["time", "acc_z"])
    assert values[0].tolist() == [1777627800.0, 9.8] and np.allclose(np.diff(values[:, 0]), 0.01, atol=1e-6)
    moments = np.array([t.removesuffix("Z") for t in times], dtype="datetime64[ns]")
    parquet.write_table(pyarrow.table({"time": moments, "acc_z": np.full(50, 9.8)}), tmp_path / "left.parquet")
    again, _ = read(look_at(tmp_path / "left.parquet"), ["time", "acc_z"])
    assert np.allclose(again, values)
    path.write_text("time," + ",".join(COLUMNS) + "\n" + "yesterday,0,0,9.8,1,2,3\n" * 3)
    with pytest.raises(RecordingError, match="neither numbers nor times"):
        read(look_at(path), ["time", "acc_z"])


def test_cells_that_are_no_numbers_are_gaps_and_told(tmp_path: Path) -> None:
    path = tmp_path / "left.csv"
    path.write_text("time_s;acc_x\n0,00;1,5\n0,01;broken\n0,02;1,7\n")
    values, notes = read(look_at(path), ["time_s", "acc_x"])
    assert values[0].tolist() == [0.0, 1.5] and np.isnan(values[1, 1]) and "1 of 3 rows" in notes[0]


# ---- guesses


@pytest.mark.parametrize(
    ("step", "unit"), [(0.01, "s"), (10.0, "ms"), (9600.0, "us"), (9.6e6, "ns"), (1.0, None), (0.0, None), (1e5, None)]
)
def test_the_unit_of_time_is_told_by_its_step(step: float, unit: str | None) -> None:
    if step == 1e5:
        assert guess_time(np.arange(100) * step).value == "us", "ten a second"
    else:
        assert guess_time(np.arange(100) * step).value == unit


def test_no_unit_of_a_real_walk_is_guessed_wrongly() -> None:
    """What is not plain is no guess; with gravity in it, every walk is plain."""
    sensors = [
        (one.set, one.rate_hz, *(block[:20_000] for block in sensor))
        for one in realdata.recordings("marpino", "movingreality", "gaitmap", "oudre1020")
        for sensor in list(one.sensors.values())[:2]
        if sensor[0] is not None
    ]
    assert len(sensors) > 150
    for set_, rate_hz, acc, gyr in sensors:
        whole = np.isfinite(acc).all(axis=1) & np.isfinite(gyr).all(axis=1)
        acc, gyr = acc[whole], gyr[whole]
        plain = set_ != "oudre1020"  # gravity was removed there
        for unit, factor in (("m/s2", 1.0), ("g", 1 / G_MPS2)):
            assert guess_acc(acc * factor, rate_hz).value == (unit if plain else None)
        assert guess_gyr(acc, gyr, rate_hz).value == "deg/s"
        assert guess_gyr(acc, np.deg2rad(gyr), rate_hz).value in (["rad/s"] if plain else [None, "rad/s"])


def test_the_limits_on_the_page_about_it_are_the_codes() -> None:
    page = (realdata.ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    found = re.findall(r"`GuessParams\.(\w+)` = ([\d.]*\d)", page)
    assert len(found) == 6 and all(getattr(GuessParams(), name) == float(value) for name, value in found)


def test_somebody_who_lies_still_tells_no_unit_of_turning() -> None:
    rng = np.random.default_rng(1)
    acc, gyr = rng.normal([0, 0, 9.8], 0.02, (3000, 3)), rng.normal(0, 0.3, (3000, 3))
    assert guess_acc(acc, 100.0).value == "m/s2"
    assert guess_gyr(acc, gyr, 100.0).value is None and guess_gyr(acc, np.deg2rad(gyr), 100.0).value is None
