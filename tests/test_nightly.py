"""The nightly folder: only what changed, each file whole, old months and deleted patients gone, a disk that is full."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

import story
from smalldisk import on_small_disk
from story import NOW_S, STEADY, WEAK
from surefoot.alerts.bodies import DayBody
from surefoot.cli.main import surefoot
from surefoot.cli.nightly import export_night, oldest_month
from surefoot.cli.units import NIGHTLY, once_unit, timer
from surefoot.config import load_config
from surefoot.exports.folder import ExportError
from surefoot.exports.nightly import UNDATED, Night, write_patient
from surefoot.exports.table import Column, Table
from surefoot.exports.tables import Range, tables
from surefoot.pipeline.store import Store, open_store
from surefoot.records import DaySummary

ALL = Range(None, None, load_config(timezone="UTC").zone)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two patients over the turn of a month."""
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    for gateway, seed in ((WEAK, 1), (STEADY, 2)):
        home = story.Home(gateway)
        home.tell(store, NOW_S, *(DayBody.of_day(day, ()) for day in story.days(34, seed=seed)))
    store.label_patient(WEAK, "Mrs. Secret")
    yield store
    store.close()


def night(store: Store, folder: Path, keep_months: int | None = None, **more: object) -> None:
    export_night(store, folder, "csv", keep_months, load_config(timezone="UTC", **more))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_row_is_in_its_month_and_no_name_anywhere(store: Store, tmp_path: Path) -> None:
    night(store, tmp_path / "out")
    there = files(tmp_path / "out")
    assert {name.split("/")[0] for name in there} == {WEAK, STEADY}
    assert {name.split("/")[1] for name in there} == {"2026-01", "2026-02"}
    for table in tables(store, WEAK, ALL):
        found = []
        for month in ("2026-01", "2026-02"):
            with (tmp_path / "out" / WEAK / month / f"{table.name}.csv").open(newline="", encoding="utf-8") as file:
                head, *rows = csv.reader(file)
            assert head == [column.name for column in table.columns]
            assert all(row[0].startswith(month) for row in rows)
            found += rows
        assert len(found) == len(table.rows)
        assert sorted(row[0] for row in found) == sorted(str(row[0]) for row in table.rows)
    assert b"Secret" not in b"".join(there.values())


def test_only_what_changed_is_written(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    out = tmp_path / "out"
    night(store, out)
    assert "2 of 2 patients changed" in capsys.readouterr().out
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    night(store, out)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert "0 of 2 patients changed: 0 files written, 40 as they were" in capsys.readouterr().out
    extra = story.days(35, seed=1)[-1]
    home = story.Home(WEAK)
    home._seq = 100
    home.tell(store, NOW_S, DayBody.of_day(extra, ()))
    night(store, out)
    changed = {str(p.relative_to(out)) for p, at in before.items() if p.stat().st_mtime_ns != at}
    assert changed == {f"{WEAK}/2026-02/days.csv", f"{WEAK}/2026-02/numbers.csv"}
    assert "1 of 2 patients changed: 2 files written" in capsys.readouterr().out
    (out / WEAK / "2026-01" / "days.csv").write_text("spoiled")
    night(store, out)
    assert (out / WEAK / "2026-01" / "days.csv").read_text() != "spoiled", "what somebody spoiled is put right"
    told = {(one.what, one.about) for one in store.office.audit.entries(2)}
    assert told == {("exported", WEAK)}, "only whose files were written"


def test_parquet_of_an_unchanged_month_is_the_same_file(store: Store, tmp_path: Path) -> None:
    made = tables(store, WEAK, ALL)
    first = write_patient(tmp_path / "out", WEAK, made, "parquet")
    assert first.written == 18 and write_patient(tmp_path / "out", WEAK, made, "parquet") == Night(same=18)
    assert parquet.read_table(tmp_path / "out" / WEAK / "2026-02" / "days.parquet").num_rows == 3


def test_old_months_go_and_a_store_begun_anew_empties_nothing(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "out"
    night(store, out)
    empty = open_store(f"sqlite:///{tmp_path}/new.sqlite")
    story.Home(WEAK).sign_of_life(empty, NOW_S)
    before = files(out)
    night(empty, out)
    assert files(out) == before
    empty.close()
    assert write_patient(out, WEAK, tables(store, WEAK, ALL), "csv", "2026-02").removed == 1
    assert {one.name for one in (out / WEAK).iterdir()} == {"2026-02"}
    assert {one.name for one in (out / STEADY).iterdir()} == {"2026-01", "2026-02"}


def test_the_oldest_month_is_that_of_the_settings() -> None:
    config = load_config(timezone="Europe/Berlin")
    march_s = 1772319600.0  # 2026-03-01 00:00 in Berlin, February in UTC
    assert oldest_month(march_s, 1, config) == "2026-03" and oldest_month(march_s, 3, config) == "2026-01"
    assert oldest_month(march_s, 4, config) == "2025-12" and oldest_month(march_s, 16, config) == "2024-12"
    assert oldest_month(march_s, None, config) is None
    kept = load_config(timezone="UTC", retention_days=40)
    assert oldest_month(march_s, None, kept) == "2026-01" and oldest_month(march_s, 1, kept) == "2026-02"


def test_a_deleted_patient_is_removed_from_the_folder(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "out"
    night(store, out)
    (out / "notes of somebody").mkdir()
    store.office.forget(WEAK, NOW_S, "Ada")
    night(store, out)
    assert {one.name for one in out.iterdir()} == {STEADY, "notes of somebody"}
    assert store.office.audit.entries(1)[0].what == "removed an export"


def test_a_row_without_a_day_is_kept_apart(tmp_path: Path) -> None:
    table = Table("t", "", (Column("day", "text", "", ""),), (("2026-01-02",), ("never",), ("",)))
    write_patient(tmp_path, WEAK, [table], "csv")
    assert (tmp_path / WEAK / UNDATED / "t.csv").read_text().split() == ["day", "never", '""']


def test_rows_without_a_day_go_when_the_store_has_let_them_go(tmp_path: Path) -> None:
    """Their age is not known to the folder, only to the store, by when they came."""
    both = Table("t", "", (Column("day", "text", "", ""),), (("2026-01-02",), ("never",)))
    dated = replace(both, rows=both.rows[:1])
    for since, there in ((None, True), ("2025-12", False)):
        write_patient(tmp_path, WEAK, [both], "csv", since)
        assert write_patient(tmp_path, WEAK, [dated], "csv", since).removed == (not there)
        assert (tmp_path / WEAK / UNDATED).exists() is there and (tmp_path / WEAK / "2026-01").exists()


def test_what_a_killed_night_left_is_cleared_away(store: Store, tmp_path: Path) -> None:
    half = tmp_path / "out" / WEAK / "2026-01.part"
    half.mkdir(parents=True)
    (half / "days.csv").write_text("half")
    night(store, tmp_path / "out")
    assert not half.exists() and "half" not in (tmp_path / "out" / WEAK / "2026-01" / "days.csv").read_text()


def test_a_night_that_fails_in_the_middle_leaves_whole_files(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    night(store, out)
    before = files(out)

    def other(day: DaySummary) -> DaySummary:
        return replace(day, walking_min=day.walking_min + 1)

    home = story.Home(WEAK)
    home._seq = 200
    home.tell(store, NOW_S, *(DayBody.of_day(other(day), ()) for day in story.days(34, seed=1)))
    moved, real = [], Path.replace

    def breaks(self: Path, target: Path) -> Path:
        moved.append(target)
        if len(moved) == 2:
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", breaks)
    with pytest.raises(ExportError, match="No space left"):
        night(store, out)
    monkeypatch.undo()
    assert set(files(out)) == set(before) and not list(out.rglob("*.part"))
    night(store, out)
    assert files(out)[f"{WEAK}/2026-01/days.csv"] != before[f"{WEAK}/2026-01/days.csv"]


FULL = """
import os
import story
from surefoot.alerts.bodies import DayBody
from surefoot.exports.folder import ExportError
from surefoot.exports.nightly import write_patient
from surefoot.exports.tables import Range, tables
from surefoot.pipeline.store import open_store
store = open_store("sqlite://")
home = story.Home(story.WEAK)
home.tell(store, story.NOW_S, *(DayBody.of_day(day, ()) for day in story.days(30)))
every = tables(store, story.WEAK, Range(None, None, None))
write_patient(disk / "out", story.WEAK, every, "csv")
whole = {p.name: p.read_bytes() for p in (disk / "out").rglob("*.csv")}
left = os.statvfs(disk)
(disk / "filler").write_bytes(b"x" * (left.f_bavail * left.f_frsize - 8192))
home.tell(store, story.NOW_S, *(DayBody.of_day(day, ()) for day in story.days(31)[30:]))
try:
    write_patient(disk / "out", story.WEAK, tables(store, story.WEAK, Range(None, None, None)), "csv")
    told = "it fitted"
except ExportError as error:
    told = str(error)
same = whole == {p.name: p.read_bytes() for p in (disk / "out").rglob("*.csv")}
parts = [str(p) for p in (disk / "out").rglob("*.part")]
(disk / "filler").unlink()
write_patient(disk / "out", story.WEAK, tables(store, story.WEAK, Range(None, None, None)), "csv")
later = (disk / "out" / story.WEAK / "2026-01" / "days.csv").read_text().count("2026-01-31")
answer({"told": told, "same": same, "parts": parts, "later": later})
"""


def test_a_full_disk_costs_the_night_and_nothing_of_those_before(tmp_path: Path) -> None:
    found = on_small_disk(tmp_path, 2, FULL)
    assert "No space left on device" in found["told"] and "nights before is whole" in found["told"]
    assert found["same"] and found["parts"] == [] and found["later"] == 1


# ---- the command, and systemd


def run(home: Path, *words: str) -> Result:
    env = {"SUREFOOT_HOME": str(home), "SUREFOOT_TIMEZONE": "UTC", "SUREFOOT_CONFIG": None}
    return CliRunner().invoke(surefoot, ["export", *words], env=env)


def test_the_command_says_what_it_did(store: Store, tmp_path: Path) -> None:
    done = run(tmp_path, "--clinic", "--nightly", str(tmp_path / "out"), "--keep-months", "600")
    assert (
        done.exit_code == 0 and "2 of 2 patients changed: 40 files written, 0 as they were, 0 old months" in done.output
    )
    assert (tmp_path / "out" / WEAK).stat().st_mode & 0o077 == 0
    for wrong in (["P-01"], ["--to", "fhir"], ["--from", "2026-01-01"], ["-o", "x"]):
        refused = run(tmp_path, "--clinic", "--nightly", str(tmp_path / "out"), *wrong)
        assert refused.exit_code == 2 and "takes all patients" in refused.output
    assert run(tmp_path, "--keep-months", "3").exit_code == 2
    assert run(tmp_path, "--print-timer").exit_code == 2


def test_the_unit_runs_the_same_command(tmp_path: Path) -> None:
    where = f"{tmp_path}/my 100% folder"
    text = run(tmp_path, "--nightly", where, "--clinic", "--keep-months", "24", "--print-unit").output
    start = re.findall(r"^ExecStart=(.*)$", text, re.M)[0]
    quoted = where.replace("%", "%%")
    assert start.endswith(f' export --nightly "{quoted}" --to csv --clinic --keep-months 24')
    assert "Type=oneshot" in text and "Restart=" not in text and "WatchdogSec" not in text
    assert run(tmp_path, "--nightly", where, "--print-timer").output == timer(NIGHTLY)
    assert not (tmp_path / "my 100% folder").exists(), "printing makes nothing"


ANALYZE = shutil.which("systemd-analyze")


@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze here: the units are not verified")
def test_systemd_takes_unit_and_timer(tmp_path: Path) -> None:
    service, clock = tmp_path / "surefoot-export.service", tmp_path / "surefoot-export.timer"
    service.write_text(
        once_unit(NIGHTLY, Path(sys.executable), "root", Path("/var/lib/surefoot"), ["export"], [Path("/srv/x")])
    )
    clock.write_text(timer(NIGHTLY))
    env = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    verified = subprocess.run(
        [str(ANALYZE), "verify", str(clock), str(service)], capture_output=True, text=True, env=env
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    asked = [str(ANALYZE), "security", "--offline=true", "--threshold=25", str(service)]
    rated = subprocess.run(asked, capture_output=True, text=True)
    assert rated.returncode == 0, rated.stdout[-200:]
    assert subprocess.run([str(ANALYZE), "calendar", "*-*-* 02:30"], capture_output=True).returncode == 0
