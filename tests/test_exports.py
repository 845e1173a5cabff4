"""Exports: the store's own numbers, as other programs' readers find them; whole folders or none."""

from __future__ import annotations

import csv
import json
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.codesystem import CodeSystem
from pyarrow import parquet

import story
from surefoot.alerts.bodies import CheckInBody, TestBody, TreatmentBody
from surefoot.cli.main import main
from surefoot.config import load_config
from surefoot.exports.bids import Track, write_bids
from surefoot.exports.codes import code_system, ucum
from surefoot.exports.fhir import bundle
from surefoot.exports.folder import ExportError, write_folder
from surefoot.exports.parquet import write_parquet
from surefoot.exports.plain import write_csv
from surefoot.exports.table import Column, Table
from surefoot.exports.tables import Range, strides_table, tables, unit_of
from surefoot.pipeline.measures import MEASURES
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import Store, open_store
from surefoot.records import CheckIn, Gap, Samples, Stride, TestResult, Treatment

GATEWAY = "11111111-2222-4333-8444-555555555555"
NOW_S = story.day_s(28)
ALL = Range(None, None, None)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('clinic')}/clinic.sqlite")
    home = story.Home(GATEWAY)
    lived = story.days(24, weak_from=20, gone=(4,))
    home.live(store, NOW_S, lived)
    start_s = lived[10].start_s + 36000.0
    failed = TestResult(
        "heel_rise", "left", start_s, start_s + 30, None, "rises", 0.0, "the heel hardly left the floor"
    )
    home.tell(store, NOW_S, TestBody.of(failed), TreatmentBody.of(Treatment("injection", lived[12].day)))
    home.tell(store, NOW_S, CheckInBody.of(CheckIn(lived[12].day, start_s, "patient", 0)))
    yield store
    store.close()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_holds_every_number_of_the_store_and_no_other(clinic: Store, tmp_path: Path) -> None:
    write_csv(tables(clinic, GATEWAY, ALL), tmp_path)
    stored = {(d.day, m.side or "", m.name): m.value for d in clinic.days(GATEWAY) for m in d.metrics}
    written = {
        (r["day"], r["side"], r["measure"]): float(r["value"]) if r["value"] else None
        for r in rows(tmp_path / "numbers.csv")
    }
    assert written == stored
    assert len(stored) > 500
    judged = [(t.day, t.side or "", t.metric, t.state) for t in clinic.trends(GATEWAY)]
    assert [(r["day"], r["side"], r["measure"], r["state"]) for r in rows(tmp_path / "trends.csv")] == judged


def test_a_day_that_does_not_count_has_empty_cells_and_never_zeros(clinic: Store, tmp_path: Path) -> None:
    write_csv(tables(clinic, GATEWAY, ALL), tmp_path)
    gone = next(row for row in rows(tmp_path / "days.csv") if row["counts"] == "false")
    assert (gone["day"], gone["walking_min"], gone["bouts"]) == ("2026-01-05", "", "")
    assert gone["missing"] == "worn 24 min, less than 6 h"
    test = rows(tmp_path / "tests.csv")[0]
    assert (test["value"], test["reason"]) == ("", "the heel hardly left the floor")
    assert rows(tmp_path / "check_ins.csv")[0]["pain"] == "0"  # told, and a zero


def test_every_column_is_explained(clinic: Store, tmp_path: Path) -> None:
    write_csv(tables(clinic, GATEWAY, ALL), tmp_path)
    told = {(row["table"], row["column"]) for row in rows(tmp_path / "columns.csv")}
    there = {
        (path.stem, name)
        for path in tmp_path.glob("*.csv")
        if path.stem != "columns"
        for name in path.read_text().splitlines()[0].split(",")
    }
    assert told == there


def test_what_people_typed_is_no_formula(tmp_path: Path, clinic: Store) -> None:
    typed = Table("t", "", (Column("name", "text", "", ""),), (("=HYPERLINK(1)",), ("-5 degrees",), ("Zoë",)))
    write_csv([typed], tmp_path)
    assert [row["name"] for row in rows(tmp_path / "t.csv")] == ["'=HYPERLINK(1)", "-5 degrees", "Zoë"]


def test_parquet_says_the_same_with_units_and_nulls(clinic: Store, tmp_path: Path) -> None:
    made = tables(clinic, GATEWAY, ALL)
    for path, table in zip(write_parquet(made, tmp_path), made, strict=True):
        read = parquet.read_table(path)
        assert [tuple(row.values()) for row in read.to_pylist()] == list(table.rows)
        for column in table.columns:
            assert read.schema.field(column.name).metadata[b"unit"].decode() == column.unit
    days = parquet.read_table(tmp_path / "days.parquet")
    assert days.column("walking_min").null_count == 1


def test_a_range_of_days_is_kept_in_every_table(clinic: Store) -> None:
    made = {table.name: table.rows for table in tables(clinic, GATEWAY, Range("2026-01-10", "2026-01-12", None))}
    assert (
        {row[0] for row in made["days"]}
        == {row[0] for row in made["trends"]}
        == {"2026-01-10", "2026-01-11", "2026-01-12"}
    )
    assert len(made["tests"]) == 1
    assert not made["treatments"]


def test_strides_have_a_column_for_every_field() -> None:
    one = Stride("left", "shank", 10.0, 11.0, speed_mps=1.25)
    made = strides_table([one], ALL)
    assert len(made.columns) == len(made.rows[0])
    told = dict(zip((column.name for column in made.columns), made.rows[0], strict=True))
    assert (told["speed_mps"], told["stance_s"], told["valid"]) == (1.25, None, True)


# ---- FHIR


def test_the_bundle_is_fhir_and_says_the_stores_numbers(clinic: Store) -> None:
    made = bundle(clinic, GATEWAY, ALL, NOW_S)
    Bundle.model_validate(made)
    CodeSystem.model_validate(code_system())
    found = [entry["resource"] for entry in made["entry"] if entry["resource"]["resourceType"] == "Observation"]
    told = {
        (
            one["effectivePeriod"]["start"][:10],
            one.get("bodySite", {}).get("text"),
            one["code"]["coding"][0]["code"],
        ): one
        for one in found
    }
    checked = 0
    for day in clinic.days(GATEWAY):
        for metric in day.metrics:
            one = told[day.day, f"{metric.side} leg" if metric.side else None, metric.name]
            assert one.get("valueQuantity", {}).get("value") == metric.value
            assert ("dataAbsentReason" in one) == (metric.value is None)
            checked += 1
    assert checked > 500
    assert (
        told["2026-01-05", None, "worn_time"]["note"][0]["text"]
        == "This day does not count: worn 24 min, less than 6 h"
    )
    assert ("2026-01-05", None, "41950-7") not in told
    assert told["2026-01-11", "left leg", "heel_rise"]["dataAbsentReason"]["text"] == "the heel hardly left the floor"


def test_every_code_used_is_in_the_published_system_and_ids_stay(clinic: Store) -> None:
    published = {one["code"] for one in code_system()["concept"]}
    made, again = (bundle(clinic, GATEWAY, ALL, NOW_S + later) for later in (0.0, 86400.0))
    for entry in made["entry"]:
        for coding in entry["resource"].get("code", {}).get("coding", []):
            assert coding["system"] == "http://loinc.org" or coding["code"] in published
    ids, later_ids = ([e["resource"]["id"] for e in one["entry"][:-1]] for one in (made, again))
    assert ids == later_ids
    assert len(set(ids)) == len(ids)


def test_every_unit_has_a_ucum_code_without_blanks() -> None:
    for name in MEASURES:
        assert ucum(unit_of(name))
        assert " " not in ucum(unit_of(name))


def test_no_name_is_in_the_bundle(clinic: Store) -> None:
    clinic.label_patient(GATEWAY, "Zacharias Q")
    assert "Zacharias" not in json.dumps(bundle(clinic, GATEWAY, ALL, NOW_S))
    clinic.label_patient(GATEWAY, "")


# ---- BIDS


def readings(side: str, start_s: float, many: int, rate_hz: float = 104.0) -> Samples:
    rng = np.random.default_rng(many)
    acc, gyr = rng.integers(-2000, 2000, (many, 3)) / 100.0, rng.integers(-2000, 2000, (many, 3)) / 10.0
    return Samples(side, "shank", start_s, rate_hz, acc, gyr)  # type: ignore[arg-type]


def test_bids_holds_every_reading_with_its_time_and_passes_the_validator(tmp_path: Path) -> None:
    start_s = story.day_s(1) + 30000.0
    first, second = readings("left", start_s, 500), readings("left", start_s + 10.0, 300)
    gap = Gap("left", "shank", first.end_s, second.start_s, "out of reach")
    tracks = [
        Track("left", "shank", 104.0, [first, gap, second]),
        Track("right", "shank", 104.0, [readings("right", start_s, 900)]),
    ]
    events = [(start_s + 1.0, 0.0, "initial_contact_left_shank")]
    write_bids(tracks, events, tmp_path, "P01", "2026-01-02", start_s)
    motion = tmp_path / "sub-P01" / "ses-20260102" / "motion"
    table = np.loadtxt(motion / "sub-P01_ses-20260102_task-dailylife_tracksys-imuL_motion.tsv")
    assert table.shape == (800, 7)
    assert np.allclose(table[:500, :3], first.acc, atol=1e-4)
    assert np.allclose(table[500:, 3:6], second.gyr, atol=1e-3)
    assert abs(table[500, 6] - 10.0) < 1e-6
    told = (motion / "sub-P01_ses-20260102_task-dailylife_events.tsv").read_text().splitlines()
    assert told[1] == "1.000\t0.000\tinitial_contact_left_shank"
    assert told[2].endswith("\tgap_left_shank")
    channels = (motion / "sub-P01_ses-20260102_task-dailylife_tracksys-imuL_channels.tsv").read_text().splitlines()
    assert len(channels) == 1 + table.shape[1]
    validator = Path(sysconfig.get_path("scripts")) / "bids-validator-deno"
    ran = subprocess.run([validator, "--json", tmp_path], capture_output=True, text=True, check=False)
    issues = json.loads(ran.stdout)["issues"]["issues"]
    assert [one for one in issues if one["severity"] == "error"] == []


def test_a_home_exports_its_raw_readings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    config = load_config()
    config.home.mkdir()
    store = open_store(f"sqlite:///{config.home}/home.sqlite")
    store.gateway()
    store.close()
    ring = Ring(config.home_ring)
    ring.keep(readings("left", story.day_s(1) + 30000.0, 600))
    ring.close()
    with pytest.raises(SystemExit) as ended:
        main(["export", "--to", "bids", "--from", "2026-01-01", "--until", "2026-01-03", "-o", "out"])
    assert ended.value.code == 0, capsys.readouterr().err
    assert "2 days are left out: no raw readings of them are kept" in capsys.readouterr().err
    assert len(list(Path("out").rglob("*_motion.tsv"))) == 1
    with pytest.raises(SystemExit) as ended:
        main(["export", "--to", "bids", "--from", "2025-01-01", "--until", "2025-01-02", "-o", "none"])
    assert ended.value.code == 1
    assert "No raw readings of 2025-01-01 to 2025-01-02 are kept" in capsys.readouterr().err
    assert not Path("none").exists()


# ---- the folder and the verb


def test_an_export_is_whole_or_not_there(tmp_path: Path) -> None:
    def broken(folder: Path) -> list[Path]:
        (folder / "half.csv").write_text("day\n")
        raise OSError(28, "No space left on device")

    with pytest.raises(ExportError, match="No space left on device"):
        write_folder(tmp_path / "out", broken)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(ExportError, match="is there already"):
        write_folder(tmp_path / "out", lambda _: [])
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(("form", "file"), [("csv", "days.csv"), ("parquet", "days.parquet"), ("fhir", "bundle.json")])
def test_the_verb_writes_each_form(form: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///clinic.sqlite")
    story.Home(GATEWAY).live(store, NOW_S, story.days(3))
    store.label_patient(GATEWAY, "../../P 01")
    store.close()
    with pytest.raises(SystemExit) as ended:
        main(["export", "--store", "clinic.sqlite", "--to", form])
    assert ended.value.code == 0
    assert (tmp_path / f"surefoot-P-01-{form}" / file).stat().st_size > 100


def test_a_day_where_a_form_belongs_is_told_where_it_goes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["export", "--to", "2026-01-10"])
    assert "The last day: --until 2026-01-10." in capsys.readouterr().err
