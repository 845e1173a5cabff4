"""A recording: every shape a CSV file comes in, good and bad."""

from __future__ import annotations

import asyncio
import gzip
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import realdata
import surefoot
from surefoot.records import Gap, Samples
from surefoot.sensors.files.clockwork import ClockParams, even
from surefoot.sensors.files.gravity import convert
from surefoot.sensors.files.recording import RecordingError, check_pair, interleave, open_recording, source

HEADER = realdata.HEADER
RATE_HZ = 100.0


def still(n: int = 1000, seed: int = 1) -> np.ndarray:
    """A sensor at rest with its noise: (n, 6) in m/s^2 and deg/s."""
    return np.random.default_rng(seed).normal([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], 0.02, (n, 6)).round(4)


def write(path: Path, times: np.ndarray | None, readings: np.ndarray, header: str = HEADER) -> Path:
    rows = readings if times is None else np.column_stack([times, readings])
    np.savetxt(path, rows, fmt="%.6f", delimiter=",", header=header, comments="")
    return path


def rows(path: Path) -> np.ndarray:
    """Every reading of a file, gaps left out, (n, 6)."""
    parts = [p for p in open_recording(path).parts if isinstance(p, Samples)]
    return np.concatenate([np.hstack([p.acc, p.gyr]) for p in parts])


def refusal(path: Path, **how: object) -> str:
    with pytest.raises(RecordingError) as caught:
        open_recording(path, **how)
    return str(caught.value)


# ---- a good file


def test_a_plain_file_comes_back_exactly(tmp_path: Path) -> None:
    readings = still()
    recording = open_recording(write(tmp_path / "left.csv", np.arange(1000) / RATE_HZ, readings))
    (part,) = recording.parts
    assert (recording.side, recording.placement, recording.rate_hz) == ("left", "shank", 100.0)
    assert (part.start_s, len(part), recording.notes) == (0.0, 1000, ())
    assert np.array_equal(np.hstack([part.acc, part.gyr]), readings)
    for block in (part.acc, part.gyr):
        assert block.dtype == np.float64 and block.flags.c_contiguous and np.isfinite(block).all()


@pytest.mark.parametrize("sensor_set", ["marpino", "movingreality", "gaitmap"])
def test_a_real_sensor_comes_back_exactly(tmp_path: Path, sensor_set: str) -> None:
    real = next(realdata.recordings(sensor_set))
    name, (acc, gyr) = next(iter(real.sensors.items()))
    path = realdata.write_csv((acc, gyr), tmp_path / f"{name}.csv", real.rate_hz)
    recording = open_recording(path)
    (part,) = recording.parts
    assert recording.rate_hz == pytest.approx(real.rate_hz, rel=1e-5)
    assert np.abs(part.acc - acc).max() < 1e-4 and np.abs(part.gyr - gyr).max() < 1e-4
    assert recording.side in name and recording.placement in name


def test_every_real_sensor_reads_without_a_gravity_error(tmp_path: Path) -> None:
    for real in realdata.recordings("marpino", "movingreality", "ipol1", "gaitmap", "umafall", "terrain", "oudre1020"):
        for acc, gyr in real.sensors.values():
            if len(acc) > 1:
                convert(acc, gyr, real.rate_hz)


@pytest.mark.parametrize(
    ("dress", "name"),
    [
        (lambda text: "\ufeff" + text, "left.csv"),
        (lambda text: text.replace("\n", "\r\n"), "left.csv"),
        (lambda text: text.replace(HEADER, HEADER.replace(",", " , ")), "left.csv"),
        (lambda text: text.replace(HEADER, HEADER.upper()), "left.csv"),
        (lambda text: text.replace(HEADER, ",".join(f'"{n}"' for n in HEADER.split(","))), "left.csv"),
        (lambda text: text.replace(",", ";"), "left.csv"),
        (lambda text: text.replace(",", "\t"), "left.csv"),
        (lambda text: text.replace(",", ";").replace(".", ","), "left.csv"),
        (lambda text: "# exported by a phone\nsep=,\n\n" + text + "\n\n", "left.csv"),
    ],
    ids=["bom", "crlf", "spaces", "upper", "quotes", "semicolons", "tabs", "decimal-comma", "preamble"],
)
def test_how_the_file_was_written_does_not_matter(tmp_path: Path, dress, name: str) -> None:
    plain = write(tmp_path / "right.csv", np.arange(300) / RATE_HZ, still(300))
    dressed = tmp_path / name
    dressed.write_bytes(dress(plain.read_text()).encode())
    assert np.array_equal(rows(dressed), rows(plain))
    assert open_recording(dressed).notes == ()


def test_utf_16_and_gzip_are_read(tmp_path: Path) -> None:
    plain = write(tmp_path / "right.csv", np.arange(300) / RATE_HZ, still(300))
    (tmp_path / "left.csv").write_bytes(plain.read_text().encode("utf-16"))
    (tmp_path / "left-foot.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    assert np.array_equal(rows(tmp_path / "left.csv"), rows(plain))
    assert np.array_equal(rows(tmp_path / "left-foot.csv.gz"), rows(plain))


def test_columns_are_found_by_name_and_further_ones_are_told(tmp_path: Path) -> None:
    readings, times = still(300), np.arange(300) / RATE_HZ
    shuffled = np.column_stack([readings[:, 5], times, np.ones(300), readings[:, :5]])
    header = "gyr_z,time_s,battery,acc_x,acc_y,acc_z,gyr_x,gyr_y"
    np.savetxt(tmp_path / "left.csv", shuffled, fmt="%.6f", delimiter=",", header=header, comments="")
    assert np.array_equal(rows(tmp_path / "left.csv"), readings)
    assert open_recording(tmp_path / "left.csv").notes == ("further columns not used: battery",)


@pytest.mark.parametrize(
    ("name", "side", "placement"),
    [
        ("left.csv", "left", "shank"),
        ("right.csv.gz", "right", "shank"),
        ("left-foot.csv", "left", "foot"),
        ("left_shank.csv", "left", "shank"),
        ("2024-05-01 RightFoot.csv", "right", "foot"),
        ("ankle_left_3.csv", "left", "shank"),
    ],
)
def test_the_name_tells_leg_and_placement(tmp_path: Path, name: str, side: str, placement: str) -> None:
    text = write(tmp_path / "x.txt", np.arange(50) / RATE_HZ, still(50)).read_bytes()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    recording = open_recording(tmp_path / name)
    assert (recording.side, recording.placement) == (side, placement)


@pytest.mark.parametrize("name", ["walk.csv", "left-and-right.csv", "cleft.csv"])
def test_a_name_that_tells_no_leg_is_an_error(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, np.arange(50) / RATE_HZ, still(50))
    assert "--left FILE --right FILE" in refusal(tmp_path / name)
    assert open_recording(tmp_path / name, side="right").side == "right"


# ---- bad files


def test_missing_file_folder_empty_file(tmp_path: Path) -> None:
    assert "There is no file" in refusal(tmp_path / "left.csv")
    (tmp_path / "left").mkdir()
    assert "is a folder" in refusal(tmp_path / "left")
    for content in (b"", b"\n\n", b"  "):
        (tmp_path / "left.csv").write_bytes(content)
        assert "is empty" in refusal(tmp_path / "left.csv")


def test_header_only_and_one_reading(tmp_path: Path) -> None:
    path = tmp_path / "left.csv"
    path.write_text(HEADER + "\n")
    assert "no readings below" in refusal(path)
    path.write_text(HEADER + "\n0,0,0,9.81,0,0,0\n")
    assert "Only 1 usable reading " in refusal(path)


@pytest.mark.parametrize(
    "content", [bytes(range(256)) * 20, b"PK\x03\x04 a spreadsheet", b"\x89PNG\r\n\x1a\n" + bytes(99)]
)
def test_binary_rubbish(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "left.csv").write_bytes(content)
    assert "not text" in refusal(tmp_path / "left.csv")


def test_rubbish_text_and_a_damaged_archive(tmp_path: Path) -> None:
    (tmp_path / "left.csv").write_text("It was a dark and stormy night.\n" * 50)
    assert "lacks the columns acc_x" in refusal(tmp_path / "left.csv")
    packed = gzip.compress(write(tmp_path / "x", np.arange(50) / RATE_HZ, still(50)).read_bytes())
    (tmp_path / "left.csv.gz").write_bytes(packed[:8])
    assert "cannot be unpacked" in refusal(tmp_path / "left.csv.gz")


def test_an_archive_cut_short_gives_what_it_has(tmp_path: Path) -> None:
    packed = gzip.compress(write(tmp_path / "x", np.arange(5000) / RATE_HZ, still(5000)).read_bytes())
    (tmp_path / "left.csv.gz").write_bytes(packed[: len(packed) // 2])
    recording = open_recording(tmp_path / "left.csv.gz")
    assert 1500 < len(recording.parts[0]) < 3500
    assert any("cut short" in note for note in recording.notes)


def test_missing_columns_are_named_with_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "left.csv").write_text("time,ax,acc_y,acc_z,gyr_x,gyr_y,gyr_z\n0,1,2,3,4,5,6\n")
    told = refusal(tmp_path / "left.csv")
    assert "lacks the column acc_x; found: time, ax, acc_y" in told and HEADER in told


def test_no_header_and_doubled_columns(tmp_path: Path) -> None:
    (tmp_path / "left.csv").write_text("0,1,2,3,4,5,6\n1,1,2,3,4,5,6\n")
    assert "header line is missing" in refusal(tmp_path / "left.csv")
    (tmp_path / "left.csv").write_text(HEADER + ",acc_x\n0,1,2,3,4,5,6,7\n")
    assert "more than one column acc_x" in refusal(tmp_path / "left.csv")


def test_without_times_a_rate_is_needed(tmp_path: Path) -> None:
    path = write(tmp_path / "left.csv", None, still(300), HEADER.removeprefix("time_s,"))
    assert "--rate HZ" in refusal(path)
    assert "no rate" in refusal(path, rate_hz=0.0)
    recording = open_recording(path, rate_hz=50.0)
    assert (recording.rate_hz, recording.end_s) == (50.0, 6.0)
    assert (
        "--rate not used: the file has times"
        in open_recording(write(path, np.arange(300) / 100, still(300)), rate_hz=50.0).notes
    )


# ---- units


def test_gravity_tells_g(tmp_path: Path) -> None:
    readings = still()
    readings[:, :3] /= 9.80665
    path = write(tmp_path / "left.csv", np.arange(1000) / RATE_HZ, readings)
    assert "--acc-unit g" in refusal(path)
    assert "--acc-unit g" in refusal(path, acc_unit="m/s2")
    part = open_recording(path, acc_unit="g").parts[0]
    assert np.median(np.linalg.norm(part.acc, axis=1)) == pytest.approx(9.81, abs=0.02)


def test_g_declared_for_metres_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "left.csv", np.arange(1000) / RATE_HZ, still())
    assert "--acc-unit m/s2" in refusal(path, acc_unit="g")
    assert "no unit" in refusal(path, acc_unit="furlong")


def test_odd_gravity_is_told(tmp_path: Path) -> None:
    times = np.arange(1000) / RATE_HZ
    half, none = still(), still()
    half[:, :3] *= 0.5
    none[:, 2] -= 9.81
    assert "where gravity should be" in open_recording(write(tmp_path / "left.csv", times, half)).notes[0]
    assert "removed" in open_recording(write(tmp_path / "left.csv", times, none)).notes[0]
    assert "milli-g" in refusal(write(tmp_path / "left.csv", times, still() * 100))


def test_radians_are_suspected_when_the_leg_walks(tmp_path: Path) -> None:
    real = next(realdata.recordings("marpino"))
    acc, gyr = real.sensors["left_shank"]
    path = realdata.write_csv((acc, np.deg2rad(gyr)), tmp_path / "left.csv")
    assert any("--gyr-unit rad/s" in note for note in open_recording(path).notes)
    recording = open_recording(path, gyr_unit="rad/s")
    assert recording.notes == ()
    assert np.abs(recording.parts[0].gyr - gyr).max() < 0.01
    assert (
        "is the gyroscope in deg/s" in open_recording(realdata.write_csv((acc, gyr), path), gyr_unit="rad/s").notes[0]
    )


# ---- times


def test_a_short_hole_is_filled_and_counted(tmp_path: Path) -> None:
    keep = np.ones(1000, dtype=bool)
    keep[500:505] = False  # 50 ms
    recording = open_recording(write(tmp_path / "left.csv", np.arange(1000)[keep] / RATE_HZ, still()[keep]))
    (part,) = recording.parts
    assert len(part) == 1000 and recording.notes == ("5 missing readings in holes of up to 50 ms interpolated",)
    assert np.array_equal(part.acc[keep], still()[keep][:, :3])
    assert np.allclose(np.diff(part.acc[499:506], n=2, axis=0), 0)  # a straight line


def test_a_longer_hole_is_a_gap(tmp_path: Path) -> None:
    keep = np.ones(1000, dtype=bool)
    keep[500:506] = False  # 60 ms
    recording = open_recording(write(tmp_path / "left.csv", np.arange(1000)[keep] / RATE_HZ, still()[keep]))
    before, gap, after = recording.parts
    assert isinstance(gap, Gap) and (gap.start_s, gap.end_s) == pytest.approx((5.0, 5.06))
    assert (len(before), len(after), after.start_s) == (500, 494, pytest.approx(5.06))
    assert recording.notes == ("1 gap, 0.06 s without readings in all",)


@pytest.mark.parametrize("rubbish", ["nan", "inf", "-inf", "", "abc", "1e999"])
def test_values_that_are_not_finite_become_holes(tmp_path: Path, rubbish: str) -> None:
    path = write(tmp_path / "left.csv", np.arange(1000) / RATE_HZ, still())
    lines = path.read_text().splitlines()
    for k in (100, 400, 401, 402, 403, 404, 405, 406):
        lines[k + 1] = ",".join([lines[k + 1].split(",")[0], rubbish, *lines[k + 1].split(",")[2:]])
    path.write_text("\n".join(lines))
    recording = open_recording(path)
    before, gap, after = recording.parts
    assert (before.end_s, gap.end_s, after.end_s) == pytest.approx((4.0, 4.07, 10.0))
    assert np.isfinite(before.acc).all() and np.isfinite(after.acc).all()
    assert any(note.startswith("8 rows with values that are missing or not finite") for note in recording.notes)
    assert any("1 missing reading in holes" in note for note in recording.notes)


def test_no_row_of_numbers_at_all(tmp_path: Path) -> None:
    (tmp_path / "left.csv").write_text(HEADER + "\n" + "a,b,c,d,e,f,g\n" * 20)
    assert "no row of numbers" in refusal(tmp_path / "left.csv")
    (tmp_path / "left.csv").write_text(HEADER + "\n" + "0,nan,0,0,0,0,0\n" * 20)
    assert "Only 0 usable readings" in refusal(tmp_path / "left.csv")


def test_rows_cut_short_are_told(tmp_path: Path) -> None:
    path = write(tmp_path / "left.csv", np.arange(1000) / RATE_HZ, still())
    path.write_text(path.read_text()[:-30])
    recording = open_recording(path)
    assert len(recording.parts[0]) == 999
    assert "1 of 1000 rows could not be read" in recording.notes[0]


def test_times_that_go_back_a_little_are_left_out(tmp_path: Path) -> None:
    times = np.arange(1000) / RATE_HZ
    times[[300, 301]] = times[[301, 300]]
    recording = open_recording(write(tmp_path / "left.csv", times, still()))
    assert len(recording.parts[0]) == 1000
    assert "1 row whose time goes back left out" in recording.notes


def test_a_clock_set_back_is_an_error(tmp_path: Path) -> None:
    times = np.concatenate([np.arange(500), np.arange(500)]) / RATE_HZ
    told = refusal(write(tmp_path / "left.csv", times, still()))
    assert "goes back from 4.990 to 0.000 s (reading 501)" in told and "Split the file" in told


def test_repeated_rows_are_left_out(tmp_path: Path) -> None:
    times, readings = np.repeat(np.arange(500), 2) / RATE_HZ, np.repeat(still(500), 2, axis=0)
    recording = open_recording(write(tmp_path / "left.csv", times, readings))
    assert len(recording.parts[0]) == 500 and recording.rate_hz == 100.0
    assert recording.notes == ("500 rows that repeat the one before left out",)


def test_packets_with_one_time_are_spread(tmp_path: Path) -> None:
    times = np.repeat(np.arange(1, 126) * 0.08, 8)
    recording = open_recording(write(tmp_path / "left.csv", times, still()))
    (part,) = recording.parts
    assert recording.rate_hz == pytest.approx(100.0) and len(part) == 1000
    assert part.start_s == pytest.approx(0.01) and part.end_s == pytest.approx(10.01)
    assert "share the time of another" in recording.notes[0]


def test_a_coarse_clock_gives_its_rate_and_every_reading(tmp_path: Path) -> None:
    times = (np.arange(5000) / 102.4).round(3)
    recording = open_recording(write(tmp_path / "left.csv", times, still(5000)))
    assert recording.rate_hz == pytest.approx(102.4, abs=0.01)
    assert np.array_equal(np.hstack([recording.parts[0].acc, recording.parts[0].gyr]), still(5000))
    hundredths = open_recording(write(tmp_path / "left.csv", times.round(2), still(5000)))
    assert hundredths.rate_hz == pytest.approx(102.4, abs=0.1) and len(hundredths.parts) == 1


def test_jitter_is_evened_and_told(tmp_path: Path) -> None:
    jitter = np.random.default_rng(2).uniform(-0.004, 0.004, 3000)
    times = np.arange(3000) / RATE_HZ + jitter
    readings = np.column_stack([np.zeros(3000), np.zeros(3000), np.full(3000, 9.81), times * 10, times, -times])
    recording = open_recording(write(tmp_path / "left.csv", times, readings))
    (part,) = recording.parts
    assert recording.rate_hz == pytest.approx(100.0, rel=0.002)
    assert any("times are uneven" in note for note in recording.notes)
    truth = part.start_s + np.arange(len(part)) / part.rate_hz
    assert np.abs(part.gyr[:, 0] / 10 - truth).max() < 1e-4  # a ramp in time stays one


@pytest.mark.parametrize("rubbish_s", [0.0, -5.0, 1e9])
@pytest.mark.parametrize("at", [0, 400, 999])
def test_one_wrong_time_is_left_out(tmp_path: Path, rubbish_s: float, at: int) -> None:
    times = 1000.0 + np.arange(1000) / RATE_HZ
    times[at] = rubbish_s
    recording = open_recording(write(tmp_path / "left.csv", times, still()))
    if at == 0 and rubbish_s < 1000:  # which may well be a sensor that was switched off in between
        lone, gap, _ = recording.parts
        assert len(lone) == 1 and gap.end_s == pytest.approx(1000.01)
        return
    assert len(recording.parts) == 1 and abs(len(recording.parts[0]) - 1000) <= 1


@pytest.mark.parametrize(("factor", "word"), [(1000.0, "milli"), (1e6, "micro"), (0.0, "never moves")])
def test_times_not_in_seconds(tmp_path: Path, factor: float, word: str) -> None:
    path = write(tmp_path / "left.csv", np.arange(1000) / RATE_HZ * factor, still())
    assert word in refusal(path)


def test_unix_times_keep_their_wall_clock(tmp_path: Path) -> None:
    start_s = 1_700_000_000.25
    recording = open_recording(write(tmp_path / "left.csv", start_s + np.arange(1000) / RATE_HZ, still()))
    assert recording.start_s == start_s and recording.wall_clock and recording.rate_hz == 100.0
    assert np.array_equal(recording.parts[0].gyr, still()[:, 3:])
    own = open_recording(write(tmp_path / "left.csv", np.arange(1000) / RATE_HZ, still()), zero_s=start_s)
    assert own.start_s == start_s
    both = open_recording(write(tmp_path / "left.csv", start_s + np.arange(1000) / RATE_HZ, still()), zero_s=5.0)
    assert both.start_s == start_s and both.notes == ("--start not used: the file has wall-clock times",)


# ---- blocks, interleaving, load


@given(st.floats(0.001, 30.0))
def test_how_it_is_cut_into_blocks_does_not_matter(block_s: float) -> None:
    recording = CUTTABLE
    blocks = list(recording.blocks(block_s))
    starts = [k for k, block in enumerate(blocks) if isinstance(block, Gap)]
    assert [blocks[k] for k in starts] == [part for part in recording.parts if isinstance(part, Gap)]
    whole = [part for part in recording.parts if isinstance(part, Samples)]
    pieces = np.split(np.array(blocks, dtype=object), starts)
    for part, piece in zip(whole, pieces, strict=True):
        samples = [block for block in piece if isinstance(block, Samples)]
        assert np.array_equal(np.concatenate([block.acc for block in samples]), part.acc)
        assert np.array_equal(np.concatenate([block.gyr for block in samples]), part.gyr)
        places = np.cumsum([0, *(len(block) for block in samples)])[:-1]
        assert [block.start_s for block in samples] == [part.start_s + k / part.rate_hz for k in places]


@given(st.integers(2, 400), st.integers(0, 2**32 - 1))
def test_the_grid_holds_every_reading_near_its_time(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    keep = rng.random(n) > 0.2
    keep[:2] = True
    times = (np.arange(n) / RATE_HZ)[keep]
    steps = np.diff(times) * RATE_HZ
    assume(2 * np.sum(steps < 1.5) >= len(steps))  # with more holes than whole steps the rate cannot be known
    evened = even(times, np.repeat(times[:, None], 6, axis=1))
    assert evened.rate_hz == RATE_HZ
    got = np.concatenate([run.readings[:, 0] for run in evened.runs])
    grid = np.concatenate([run.start_s + np.arange(len(run.readings)) / evened.rate_hz for run in evened.runs])
    assert np.abs(got - grid).max() < 1e-6
    assert np.isin(times.round(6), grid.round(6)).all()


def test_of_few_readings_the_usual_step_is_one_that_occurs() -> None:
    """10 and 20 ms: the mean of the two is a step that no reading took."""
    times = np.array([0.0, 0.01, 0.03])
    evened = even(times, np.repeat(times[:, None], 6, axis=1))
    (run,) = evened.runs
    assert evened.rate_hz == 100.0 and np.allclose(run.readings[:, 0], [0.0, 0.01, 0.02, 0.03])
    assert evened.notes == ("1 missing reading in holes of up to 50 ms interpolated",)


def test_few_readings_with_more_holes_than_whole_steps_are_told_to_be_uneven() -> None:
    times = np.array([0.0, 0.01, 0.03, 0.05])
    assert "times are uneven" in even(times, np.repeat(times[:, None], 6, axis=1)).notes[0]


def _cuttable() -> object:
    keep = np.ones(3000, dtype=bool)
    keep[1000:1100] = keep[2000:2010] = keep[2500] = False
    with tempfile.TemporaryDirectory() as folder:
        return open_recording(write(Path(folder) / "left.csv", np.arange(3000)[keep] / RATE_HZ, still(3000)[keep]))


CUTTABLE = _cuttable()


def test_sensors_are_interleaved_in_time(tmp_path: Path) -> None:
    times = np.arange(1000) / RATE_HZ
    left = open_recording(write(tmp_path / "left.csv", times, still()))
    right = open_recording(write(tmp_path / "right.csv", times + 0.5, still()))
    items = list(interleave([left, right], block_s=1.0))
    assert [item.side for item in items[:4]] == ["left", "right", "left", "right"]
    assert [item.end_s for item in items] == sorted(item.end_s for item in items)

    async def collect() -> list[Samples | Gap]:
        return [item async for item in source([left, right], block_s=1.0)]

    assert [(i.side, i.start_s) for i in asyncio.run(collect())] == [(i.side, i.start_s) for i in items]


def test_load_gives_arrays(tmp_path: Path) -> None:
    times = np.arange(1000) / RATE_HZ
    write(tmp_path / "left.csv", times, still())
    write(tmp_path / "right.csv", times, still(seed=3))
    walk = surefoot.load(tmp_path / "left.csv", tmp_path / "right.csv")
    assert (set(walk.sensors), walk.rate_hz, walk.placement, walk.start_s) == ({"left", "right"}, 100.0, "shank", 0.0)
    assert np.array_equal(walk.sensors["right"][1], still(seed=3)[:, 3:])
    one = surefoot.load(left=tmp_path / "right.csv", placement="foot")
    assert set(one.sensors) == {"left"} and one.placement == "foot"


def test_load_gives_the_longest_shared_stretch_and_warns(tmp_path: Path) -> None:
    keep = np.ones(1000, dtype=bool)
    keep[200:300] = False
    write(tmp_path / "left.csv", np.arange(1000)[keep] / RATE_HZ, still()[keep])
    write(tmp_path / "right.csv", 1.005 + np.arange(1000) / RATE_HZ, still(seed=3))
    with pytest.warns(UserWarning, match="3.0 s left out"):
        walk = surefoot.load(tmp_path / "left.csv", tmp_path / "right.csv")
    assert walk.start_s == pytest.approx(3.0)
    assert [len(acc) for acc, _ in walk.sensors.values()] == [700, 700]
    assert np.array_equal(walk.sensors["left"][0], still()[300:, :3])
    between = (still(seed=3)[199:899, :3] + still(seed=3)[200:900, :3]) / 2
    assert np.allclose(walk.sensors["right"][0], between, atol=1e-6)


def test_pairs_that_cannot_be(tmp_path: Path) -> None:
    times = np.arange(100) / RATE_HZ
    left = open_recording(write(tmp_path / "left.csv", times, still(100)))
    foot = open_recording(write(tmp_path / "right-foot.csv", times, still(100)))
    for pair, word in (
        ([left, left], "both of the left leg"),
        ([left, foot], "different places"),
        ([], "No recording"),
    ):
        with pytest.raises(RecordingError, match=word):
            check_pair(pair)
    write(tmp_path / "right.csv", times + 50, still(100))
    with pytest.raises(RecordingError, match="no time in common"):
        surefoot.load(tmp_path / "left.csv", tmp_path / "right.csv")


def test_parameters_are_used() -> None:
    times = np.delete(np.arange(1000), slice(500, 506)) / RATE_HZ
    assert len(even(times, still(994)).runs) == 2
    assert len(even(times, still(994), ClockParams(hole_s=0.1)).runs) == 1
