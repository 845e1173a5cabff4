"""The settings: where they come from, which wins, and what is said when one is no good."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from surefoot.config import Config, ConfigError, load_config
from surefoot.pipeline.store import STRIDE_DAYS


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HOME_", "HOME", "BROKER", "CLINIC_DATABASE", "CLINIC_HOST", "CLINIC_PORT", "TIMEZONE", "CONFIG"):
        monkeypatch.delenv(f"SUREFOOT_{name}", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def toml(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "surefoot.toml"
    path.write_text(text)
    return path


def refusal(path: Path | None = None, **given: object) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path, **given)
    return str(caught.value)


def test_defaults_are_private_and_in_the_users_own_folder(tmp_path: Path) -> None:
    config = load_config()
    assert (config.clinic_host, config.clinic_port) == ("127.0.0.1", 8420)
    assert config.home == tmp_path / "data" / "surefoot"
    assert config.home_store == f"sqlite:///{tmp_path}/data/surefoot/home.sqlite"
    assert config.clinic_store.endswith("/surefoot/clinic.sqlite")
    assert config.zone.key == "UTC"


def test_the_command_line_wins_over_the_environment_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = toml(tmp_path, 'clinic_port = 1\nclinic_host = "file"\ntimezone = "Europe/Berlin"\n')
    monkeypatch.setenv("SUREFOOT_CLINIC_PORT", "2")
    monkeypatch.setenv("SUREFOOT_CLINIC_HOST", "environment")
    monkeypatch.setenv("SUREFOOT_CONFIG", str(path))
    config = load_config(clinic_port=3, clinic_host=None)
    assert (config.clinic_port, config.clinic_host, config.timezone) == (3, "environment", "Europe/Berlin")


def test_surefoot_home_moves_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path / "elsewhere"))
    assert load_config().home_store == f"sqlite:///{tmp_path}/elsewhere/home.sqlite"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_config().clinic_port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("brokr = 'mqtt://x'", "There is no setting 'brokr' (in {path}). Nothing was started. Did you mean 'broker'?"),
        ("zzz = 1", "Settings are: home, broker,"),
        ("clinic_port = 'many'", "The setting 'clinic_port' cannot be 'many': input should be a valid integer"),
        ("clinic_port = 70000", "Correct clinic_port in {path}."),
        ("broker = 'http://x'", "should look like mqtt://host:1883"),
        ("clinic_database = 'clinic.db'", "should look like sqlite:///"),
        ("timezone = 'Middle/Earth'", "should be a name such as Europe/Berlin"),
        ("timezone = ''", "should be a name such as Europe/Berlin"),
        ("broker = ", "cannot be read"),
    ],
)
def test_a_bad_file_is_told_in_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    path = toml(tmp_path, text)
    assert told.format(path=path) in refusal(path)


def test_an_absent_or_unreadable_file(tmp_path: Path) -> None:
    assert "There is no settings file" in refusal(tmp_path / "none.toml")
    assert "cannot be read" in refusal(tmp_path)
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in refusal(tmp_path / "x.toml")


@pytest.mark.skipif(sys.platform == "win32", reason="rights of another kind")
@pytest.mark.parametrize(
    "line",
    [
        'broker = "mqtt://home:secret@clinic.example"',
        'other_brokers = ["mqtts://clinic.example", "mqtts://home:s%40@clinic.example"]',
        'clinic_database = "postgresql+psycopg://surefoot:secret@db.example/clinic"',
        'clinic_database = "postgresql+psycopg://db.example/clinic?user=surefoot&password=secret"',
    ],
)
def test_a_password_that_everybody_may_read_is_refused(tmp_path: Path, line: str) -> None:
    path = toml(tmp_path, line)
    path.chmod(0o604)
    told = refusal(path)
    assert f"chmod 600 {path}" in told and "secret" not in told
    path.chmod(0o640)
    assert load_config(path)


def test_an_address_without_a_password_is_nobodys_secret(tmp_path: Path) -> None:
    path = toml(tmp_path, '# "mqtt://user:password@host" would be\nbroker = "mqtts://home@clinic.example:8883"')
    path.chmod(0o644)
    assert load_config(path).broker == "mqtts://home@clinic.example:8883"


@pytest.mark.parametrize(
    "line",
    [
        'broker = "mqtt//home:secret@clinic.example"',
        'broker = "http://home:secret@clinic.example"',
        'other_brokers = ["mqtt:/home:secret@clinic.example"]',
        'clinic_database = "postgresql:surefoot:secret@db.example/clinic"',
    ],
)
def test_a_mistyped_address_does_not_tell_its_password(tmp_path: Path, line: str) -> None:
    path = toml(tmp_path, line)
    path.chmod(0o600)
    told = refusal(path)
    assert "should look like" in told and "secret" not in told


def test_a_bad_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUREFOOT_CLINIC_PORT", "-1")
    assert "Correct the variable SUREFOOT_CLINIC_PORT." in refusal()
    monkeypatch.delenv("SUREFOOT_CLINIC_PORT")
    monkeypatch.setenv("SUREFOOT_BROKRE", "x")
    assert "Did you mean 'broker'?" in refusal()


def test_a_bad_option_is_refused() -> None:
    assert "cannot be 'Nowhere'" in refusal(timezone="Nowhere")
    assert "should be one of en, de, or empty" in refusal(language="tlh")


def test_every_setting_has_a_line_of_its_own() -> None:
    of_clinic = {"clinic_database", "clinic_host", "clinic_port", "on_call", "technicians", "therapists", "holidays"}
    of_pages = {"clinic_names", "clinic_certificate", "clinic_key"}
    of_home = {"home", "raw_days", "raw_mb", "outbox_mb", "stride_days", "home_assistant", "home_assistant_prefix"}
    of_data = {"keys", "seal_records", "retention_days"}
    both = {"broker", "other_brokers", "identity", "timezone", "language"}
    assert set(Config.model_fields) == {*of_clinic, *of_pages, *of_home, *of_data, *both}
    assert Config().stride_days == STRIDE_DAYS
