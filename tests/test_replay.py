"""Replay: real recordings through the command, and every input a person may get wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import made
import realdata
from broker import free_port, mosquitto
from surefoot.cli import main as cli
from surefoot.cli.findings import Findings
from surefoot.pipeline.store import open_store
from surefoot.records import SIDES
from surefoot.simulation.gait import Leg
from surefoot.simulation.sensor import noise_tape, put_on
from surefoot.simulation.walker import Walker, simulate_walk
from test_sending import clinic_at

Run = Callable[..., tuple[int, str, str]]

PEOPLE = {  # one of each kind of walker
    "young": ("marpino", "Additional__Marzia__12"),
    "elderly": ("marpino", "Elderly__20180605_2"),
    "stroke": ("movingreality", "1019_pp01_exported003"),
}


@pytest.fixture
def surefoot(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """The command: exit status, standard output, standard error."""
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err and not (tmp_path / "state").exists()
        return int(caught.value.code or 0), out, err

    return run


def files(person: str, folder: Path, placement: str = "shank") -> tuple[Path, Path]:
    """A real walker's two sensors as left.csv and right.csv."""
    real = realdata.recording(*PEOPLE[person])
    names = (f"left_{placement}", f"right_{placement}")
    paths = tuple(
        realdata.write_csv(real.sensors[n], folder / f"{n.partition('_')[0]}.csv", real.rate_hz) for n in names
    )
    return paths[0], paths[1]


def still(path: Path, seconds: float = 60.0) -> Path:
    """Somebody lying still."""
    rng = np.random.default_rng(3)
    n = int(seconds * 100)
    return realdata.write_csv((rng.normal([9.7, 1.0, 0.5], 0.03, (n, 3)), rng.normal(0, 0.3, (n, 3))), path)


def records(out: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in out.splitlines():
        record = json.loads(line, parse_constant=pytest.fail)  # NaN or Infinity
        found.setdefault(record.pop("type"), []).append(record)
    return found


# ---- good recordings


@pytest.mark.parametrize("person", PEOPLE)
def test_a_real_walker_as_json(surefoot: Run, tmp_path: Path, person: str) -> None:
    status, out, _ = surefoot("replay", *files(person, tmp_path), "--json")
    found = records(out)
    assert status == 0
    strides = found["stride"]
    assert {stride["side"] for stride in strides} == {"left", "right"}
    times = [stride["stride_time_s"] for stride in strides if stride["stride_time_s"] is not None]
    assert times and 0.8 < np.median(times) < 2.5
    assert len(found["day"]) == 1 and found["day"][0]["day"] == "1970-01-01"
    assert found["day"][0]["missing"]  # a few minutes are no day
    assert "alert" not in found


@pytest.mark.parametrize("person", PEOPLE)
def test_a_real_walker_as_tables_says_what_json_says(surefoot: Run, tmp_path: Path, person: str) -> None:
    paths = files(person, tmp_path)
    strides = records(surefoot("replay", *paths, "--json")[1])["stride"]
    status, out, err = surefoot("replay", *paths)
    assert status == 0 and "no walking" not in err
    legs = [[stride for stride in strides if stride["side"] == side] for side in ("left", "right")]
    (counts,) = (line.split() for line in out.splitlines() if line.startswith("strides"))
    (valid,) = (line.split() for line in out.splitlines() if line.startswith("valid"))
    assert counts[1:] == [str(len(leg)) for leg in legs]
    assert valid[1:] == [str(sum(stride["valid"] for stride in leg)) for leg in legs]
    assert "Strides" in out and "Incidents" in out and "Days" in out


@pytest.mark.parametrize(("placement", "tells"), [("shank", True), ("foot", False)])
def test_what_was_done_is_told_as_far_as_the_sensors_tell(
    surefoot: Run, tmp_path: Path, placement: str, tells: bool
) -> None:
    """A foot on the floor is as still in a queue as under a chair."""
    out = surefoot("replay", *files("stroke", tmp_path, placement), "--placement", placement)[1]
    done = out[out.index("What was done") : out.index("Incidents")]
    assert "walking" in done and ("rises" in done, "standing" in done or "sitting" in done) == (tells, tells)


def test_the_json_is_what_the_stream_says(surefoot: Run, tmp_path: Path) -> None:
    import surefoot as package

    paths = files("young", tmp_path)
    strides = records(surefoot("replay", *paths, "--json")[1])["stride"]
    loaded = package.load(*paths)
    walk = package.analyze(loaded.sensors, loaded.rate_hz, loaded.placement)
    assert [(s["side"], s["start_s"], s["speed_mps"]) for s in strides] == [
        (s.side, s.start_s, s.speed_mps) for s in walk.strides
    ]


def test_one_leg_works_and_says_what_it_cannot(surefoot: Run, tmp_path: Path) -> None:
    left, _ = files("young", tmp_path)
    status, out, err = surefoot("replay", left, "--json")
    assert status == 0 and {stride["side"] for stride in records(out)["stride"]} == {"left"}
    assert all(stride["step_time_s"] is None for stride in records(out)["stride"])
    assert "only the left leg was recorded" in err and "cannot be said" in err


def test_a_sensor_that_moved_on_the_leg_is_told(surefoot: Run, tmp_path: Path) -> None:
    real = realdata.recording(*PEOPLE["stroke"])
    acc, gyr = (x.copy() for x in real.sensors["right_shank"])
    up, half = acc.mean(axis=0) / np.linalg.norm(acc.mean(axis=0)), len(acc) // 2
    turn = Rotation.from_rotvec(np.deg2rad(60.0) * up)
    acc[half:], gyr[half:] = turn.apply(acc[half:]), turn.apply(gyr[half:])
    status, _, told = surefoot("replay", realdata.write_csv((acc, gyr), tmp_path / "right.csv"))
    assert status == 0
    assert "the right sensor is known to have moved on the leg" in told


def test_somebody_lying_still_is_a_result(surefoot: Run, tmp_path: Path) -> None:
    status, out, err = surefoot("replay", still(tmp_path / "left.csv"), still(tmp_path / "right.csv"))
    assert status == 0 and "no walking found in 60.0 s of readings" in err
    status, out, _ = surefoot("replay", tmp_path / "left.csv", tmp_path / "right.csv", "--json")
    assert status == 0 and not {"stride", "bout", "incident", "alert"} & set(records(out))


def test_files_by_option_and_foot_sensors(surefoot: Run, tmp_path: Path) -> None:
    left, right = files("young", tmp_path, "foot")
    left.rename(tmp_path / "a.csv")
    status, out, _ = surefoot("replay", "--left", tmp_path / "a.csv", "--right", right, "--placement", "foot", "--json")
    strides = records(out)["stride"]
    assert status == 0 and {(s["side"], s["placement"]) for s in strides} == {("left", "foot"), ("right", "foot")}


def test_a_date_by_option_and_by_the_file(surefoot: Run, tmp_path: Path) -> None:
    paths = files("young", tmp_path)
    where = ("--timezone", "Europe/Berlin", "--json")
    by_option = records(surefoot("replay", *paths, "--start", "2026-05-01T00:30", *where)[1])
    real = realdata.recording(*PEOPLE["young"])
    for path in paths:
        realdata.write_csv(real.sensors[f"{path.stem}_shank"], path, start_s=1777588200.0)
    by_file = records(surefoot("replay", *paths, *where)[1])
    assert by_option["day"][0]["day"] == by_file["day"][0]["day"] == "2026-05-01"
    assert by_option["stride"] == by_file["stride"]


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "UTC", "Pacific/Kiritimati"])
def test_without_a_date_the_day_is_the_one_the_note_names(surefoot: Run, tmp_path: Path, zone: str) -> None:
    left, right = files("young", tmp_path)
    where = ("--timezone", zone, "--store", tmp_path / "home.sqlite", "--json")
    _, out, err = surefoot("replay", left, right, *where)
    assert "its day is kept as 1970-01-01" in err
    assert [day["day"] for day in records(out)["day"]] == ["1970-01-01"]


# ---- one store, several recordings


def walked(path: Path, start: str, store: Path) -> tuple[Path | str, ...]:
    return ("replay", path / "left.csv", path / "right.csv", "--start", start, "--store", store)


def test_a_second_recording_of_a_day_says_that_it_replaces_the_summary(surefoot: Run, tmp_path: Path) -> None:
    store = tmp_path / "home.sqlite"
    for person in ("young", "elderly"):
        (tmp_path / person).mkdir()
        files(person, tmp_path / person)
    first = walked(tmp_path / "young", "2026-05-01T09:00", store)
    assert "already" not in surefoot(*first)[2]
    assert "already" not in surefoot(*first)[2]  # the same again
    _, _, err = surefoot(*walked(tmp_path / "elderly", "2026-05-01T15:00", store))
    assert "2026-05-01 was in" in err and "of this recording alone" in err and "one file for each leg" in err
    home = open_store(f"sqlite:///{store}")
    (day,) = home.days(home.gateway())
    assert day.bouts == 1 and len(home.bouts(home.gateway())) == 2
    home.close()
    assert "already" not in surefoot(*walked(tmp_path / "elderly", "2026-05-02T15:00", store))[2]


def test_a_day_that_counts_is_not_replaced_by_one_that_does_not(surefoot: Run, tmp_path: Path) -> None:
    files("young", tmp_path)
    home = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    counts = replace(made.day(1), day="2026-05-01")
    home.keep_day(counts)
    status, _, err = surefoot(*walked(tmp_path, "2026-05-01T09:00", tmp_path / "home.sqlite"))
    assert status == 0 and "2026-05-01 stays in" in err and "it counts" in err
    assert home.days(home.gateway()) == [counts] and len(home.bouts(home.gateway())) == 1
    home.close()


def test_an_alert_is_told_behind_its_day_and_kept_before_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    home = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    findings = Findings(home, as_json=True)
    findings.keep_alert(made.alert("weakness"))
    assert len(home.alerts()) == 1  # a power cut now loses the day, which is judged again, and not the alert
    findings.keep_day(made.day(20), [made.trend()])
    findings.keep_day(made.day(21))
    types = [json.loads(line)["type"] for line in capsys.readouterr().out.splitlines()]
    assert types == ["day", "trend", "alert", "day"]
    home.close()


def test_the_pattern_of_foot_drop_is_said_in_words_without_any_baseline(surefoot: Run, tmp_path: Path) -> None:
    """SIMULATED: two walks with a weak left foot, on a day that is far too short to count."""
    rng = np.random.default_rng(5)
    worn = {side: put_on(rng, noise_tape(rng)) for side in SIDES}
    walks = [
        simulate_walk(Walker(left=Leg(dorsi=weak)), np.random.default_rng(seed), strides=24, sensors=worn)[0]
        for seed, weak in enumerate((0.8, 0.8, 0.0, 0.0))
    ]
    told = {}
    for name, pair in (("weak", walks[:2]), ("sound", walks[2:])):
        (tmp_path / name).mkdir()
        for side in SIDES:
            first, last = (one[side] for one in pair)
            acc = np.concatenate([first.acc, np.repeat(first.acc[-1:], 2000, axis=0), last.acc])
            gyr = np.concatenate([first.gyr, np.zeros((2000, 3)), last.gyr])
            realdata.write_csv((acc, gyr), tmp_path / name / f"{side}.csv", 100.0)
        status, told[name], _ = surefoot("replay", tmp_path / name / "left.csv", tmp_path / name / "right.csv")
        assert status == 0
    words = "The day, left leg: pattern compatible with foot drop; a clinician must confirm it (seen in 2 of 2 walks)"
    assert words in " ".join(told["weak"].split())
    assert "right leg: pattern" not in told["weak"] and "pattern" not in told["sound"]


# ---- what a person may get wrong


def test_missing_folder_empty(surefoot: Run, tmp_path: Path) -> None:
    (tmp_path / "right").mkdir()
    (tmp_path / "left-empty.csv").touch()
    (tmp_path / "left-header.csv").write_text(realdata.HEADER + "\n")
    for name, told in (
        ("left.csv", "There is no file"),
        ("right", "is a folder"),
        ("left-empty.csv", "is empty"),
        ("left-header.csv", "no readings below"),
    ):
        status, out, err = surefoot("replay", tmp_path / name)
        assert (status, out) == (1, "") and err.startswith("surefoot: ") and told in err


def test_wrong_usage(surefoot: Run, tmp_path: Path) -> None:
    left = still(tmp_path / "left.csv", 5.0)
    still(tmp_path / "left2.csv", 5.0)
    for arguments, told in (
        ([], "No recording was given"),
        ([left, tmp_path / "left2.csv"], "both of the left leg"),
        ([left, "--left", left], "both of the left leg"),
        ([left, "--start", "yesterday"], "is no time such as"),
        ([left, "--acc-unit", "furlong"], "is not one of"),
        ([left, "--rate", "fast"], "is not a valid float"),
    ):
        status, out, err = surefoot("replay", *arguments)
        assert (status, out) == (2, "") and told in err
    status, _, err = surefoot("replay", left, "--timezone", "Middle/Earth")
    assert status == 1 and "Europe/Berlin" in err


def test_g_is_told_by_gravity(surefoot: Run, tmp_path: Path) -> None:
    real = realdata.recording(*PEOPLE["young"])
    acc, gyr = real.sensors["left_shank"]
    in_g = realdata.write_csv((acc / 9.80665, gyr), tmp_path / "left.csv")
    status, _, err = surefoot("replay", in_g)
    assert status == 1 and "--acc-unit g" in err
    assert surefoot("replay", in_g, "--acc-unit", "g")[0] == 0


def test_columns_in_another_order_and_a_byte_order_mark(surefoot: Run, tmp_path: Path) -> None:
    left, right = files("young", tmp_path)
    plain = surefoot("replay", left, right, "--json")[1]
    for path in (left, right):
        table = [line.split(",") for line in path.read_text().splitlines()]
        path.write_text("\ufeff" + "\r\n".join(";".join(row[::-1]) for row in table), encoding="utf-8")
    assert surefoot("replay", left, right, "--json")[1] == plain


def test_feet_and_shanks_do_not_mix(surefoot: Run, tmp_path: Path) -> None:
    status, _, err = surefoot("replay", still(tmp_path / "left.csv", 5.0), still(tmp_path / "right-foot.csv", 5.0))
    assert status == 1 and "different places" in err


def test_two_recordings_of_different_times(surefoot: Run, tmp_path: Path) -> None:
    real = realdata.recording(*PEOPLE["young"])
    left = realdata.write_csv(real.sensors["left_shank"], tmp_path / "left.csv")
    right = realdata.write_csv(real.sensors["right_shank"], tmp_path / "right.csv", start_s=500.0)
    status, out, err = surefoot("replay", left, right, "--json")
    assert status == 0 and "share no time" in err and "stride" in records(out)


def test_one_file_with_the_time_of_day_and_one_without(surefoot: Run, tmp_path: Path) -> None:
    real = realdata.recording(*PEOPLE["young"])
    left = realdata.write_csv(real.sensors["left_shank"], tmp_path / "left.csv")
    right = realdata.write_csv(real.sensors["right_shank"], tmp_path / "right.csv", start_s=1777588200.0)
    status, out, err = surefoot("replay", left, right)
    assert (status, out) == (1, "") and "left.csv counts from its own zero" in err and "--start" in err
    status, out, err = surefoot("replay", left, right, "--start", "2026-04-30T22:30", "--json")
    assert status == 0 and "--start not used" in err and len(records(out)["day"]) == 1


def test_what_is_no_address_of_a_broker_is_told_before_the_work(surefoot: Run, tmp_path: Path) -> None:
    left, _ = files("young", tmp_path)
    status, out, err = surefoot("replay", left, "--publish", "127.0.0.1:1883")
    assert (status, out) == (1, "") and "Nothing was analysed or sent. Give mqtt://host:port" in err
    assert not (tmp_path / "home").exists()


# ---- Ctrl-C


def stopped(*arguments: str | Path, when: Callable[[str], bool], home: Path) -> tuple[int, str]:
    """The command as a user starts it, and stops it as soon as ``when`` likes what was printed; status and stderr."""
    code = "from surefoot.cli.main import main; main()"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "SUREFOOT_HOME": str(home)}
    with subprocess.Popen(
        [sys.executable, "-u", "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    ) as process:
        assert process.stdout and process.stderr
        for line in process.stdout:
            if when(line):
                process.send_signal(signal.SIGINT)
                break
        process.stdout.read()
        told = process.stderr.read()
    assert "Traceback" not in told
    return process.returncode, told


def long_walk(folder: Path) -> tuple[Path, Path]:
    """A real walk twenty times on end, so that there is time to stop in the middle."""
    real = realdata.recording(*PEOPLE["stroke"])
    sides = ("left", "right")
    sensors = [tuple(np.tile(block, (20, 1)) for block in real.sensors[f"{side}_shank"]) for side in sides]
    paths = [realdata.write_csv(s, folder / f"{k}.csv", real.rate_hz) for k, s in zip(sides, sensors, strict=True)]
    return paths[0], paths[1]


def test_stopped_in_the_middle_it_says_what_is_kept(tmp_path: Path) -> None:
    paths = long_walk(tmp_path)

    def first_stride(line: str) -> bool:
        return '"type": "stride"' in line

    status, told = stopped("replay", *paths, "--json", when=first_stride, home=tmp_path)
    assert status == 130 and told.endswith("Stopped. Nothing was kept.\n")
    store = tmp_path / "home.sqlite"
    status, told = stopped("replay", *paths, "--json", "--store", store, when=first_stride, home=tmp_path)
    assert status == 130
    assert f"Stopped before the end. What was found so far is kept in {store}, the day's summary is not." in told
    home = open_store(f"sqlite:///{store}")
    assert home.strides(0.0, 1e12) and not home.days(home.gateway())
    home.close()


def test_stopped_while_sending_it_says_what_waits(tmp_path: Path) -> None:
    paths = files("young", tmp_path)
    store = tmp_path / "home.sqlite"
    with mosquitto(tmp_path) as broker:  # and no clinic, so it waits
        how = ("--store", store, "--publish", broker.url)
        status, told = stopped("replay", *paths, *how, when=lambda line: "does not count" in line, home=tmp_path)
    home = open_store(f"sqlite:///{store}")
    waiting = home.outbox.count()
    home.close()
    assert status == 130 and f"{waiting} rows wait there for the clinic" in told


# ---- to the clinic


def test_what_is_found_reaches_the_clinic_row_by_row(surefoot: Run, tmp_path: Path) -> None:
    clinic = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    with mosquitto(tmp_path) as broker, clinic_at(broker.url, clinic):
        for number, person in enumerate(PEOPLE):
            home_file = tmp_path / f"{person}.sqlite"
            paths = files(person, tmp_path)
            where = ("--start", f"2026-05-0{number + 1}T09:00", "--store", home_file, "--publish", broker.url)
            status, out, err = surefoot("replay", *paths, *where, "--json")
            found = records(out)
            assert status == 0, err
            home = open_store(f"sqlite:///{home_file}")
            name = home.gateway()
            assert home.outbox.count() == 0
            assert len(home.strides(0.0, 1e12)) == len(found["stride"])
            for kept in (home, clinic):
                assert len(kept.bouts(name)) == len(found.get("bout", []))
                assert len(kept.incidents(name)) == len(found.get("incident", []))
                assert [day.day for day in kept.days(name)] == [f"2026-05-0{number + 1}"]
                assert len(kept.trends(name)) == len(found.get("trend", []))
            assert f"its pages show this patient as home {name[:8]}" in err
            before = clinic.counts()
            status, _, err = surefoot("replay", *paths, *where)  # the same again changes nothing
            assert status == 0 and "nothing new to send" in err
            assert clinic.counts() == before
            home.close()
    assert len(clinic.patients()) == 3
    clinic.close()


def test_no_broker_keeps_the_rows_and_says_how_many(surefoot: Run, tmp_path: Path) -> None:
    paths = files("young", tmp_path)
    url = f"mqtt://127.0.0.1:{free_port()}"
    status, out, err = surefoot("replay", *paths, "--publish", url)
    assert status == 1 and "Strides" in out  # what was found is told all the same
    home = open_store(f"sqlite:///{tmp_path}/home/replay.sqlite")
    waiting = home.outbox.count()
    assert waiting > 0 and f"{waiting} row" in err and "Nothing answers at" in err
    assert f"kept in {tmp_path}/home/replay.sqlite, which is one patient's" in err
    home.close()
    with mosquitto(tmp_path) as broker:
        clinic = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
        with clinic_at(broker.url, clinic):
            status, _, err = surefoot("replay", *paths, "--publish", broker.url)
        assert status == 0 and f"{waiting} row" in err
        clinic.close()
