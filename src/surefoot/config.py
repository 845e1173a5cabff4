"""The settings of one installation: a TOML file, the environment above it, and the command line above both."""

from __future__ import annotations

import difflib
import os
import re
import stat
import sys
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from surefoot.records import SurefootError

PREFIX = "SUREFOOT_"
FILE_VARIABLE = f"{PREFIX}CONFIG"
LANGUAGES = Path(__file__).parent / "web" / "locale"
_PASSWORD = re.compile(r"""://[^/@\s"']*:[^/@\s"']+@|[?&]password=""")  # in an address: of a broker, of a database
_SECRET = re.compile(r"""(?<=:)[^@\s]*(?=@)|(?<=password=)[^&\s"']*""")  # in what was perhaps to be one

Person = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*$")]


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]{1,253}$")]


class ConfigError(SurefootError):
    """A setting that cannot be used: which one, where it stands, what it should be."""


def data_folder() -> Path:
    """Where this user's programs keep their data: ``XDG_DATA_HOME``, else the system's custom; a ``surefoot`` in it."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = str(Path.home() / ".local" / "share")
    return Path(os.environ.get("XDG_DATA_HOME") or base) / "surefoot"


class Config(BaseSettings):
    """One value for each thing an installation may decide. The rooms' own parameters join here, each as one field."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=True)

    home: Path = Field(default_factory=data_folder)  # folder of the home store
    broker: str = "mqtt://127.0.0.1:1883"
    other_brokers: tuple[str, ...] = ()  # of the same clinic: tried in this order while the first is away
    home_assistant: str = ""  # the household's own broker, where Home Assistant listens; empty: nothing is told there
    home_assistant_prefix: Name = "homeassistant"  # where it looks for what there is
    identity: Path | None = None  # folder with authority.crt, gateway.crt, gateway.key (surefoot clinic enroll)
    clinic_database: str = ""  # empty: a SQLite file in `home`
    clinic_host: str = "127.0.0.1"  # another address needs a login, a name and a certificate
    clinic_names: tuple[Name, ...] = ()  # by which others reach the pages over HTTPS
    clinic_certificate: Path | None = None  # of the pages, and its key; without them something in front speaks HTTPS
    clinic_key: Path | None = None
    keys: Path | None = None  # file with the keys that the store is sealed with; None: the usual place, if it is there
    seal_records: bool = False  # at a clinic: whole records too, not names and notes alone
    retention_days: int | None = Field(default=None, ge=30)  # at a clinic: patients' records older than this go
    clinic_port: int = Field(default=8420, ge=0, le=65535)
    raw_days: float = Field(default=14.0, gt=0)  # raw readings older than this go,
    raw_mb: float = Field(default=2000.0, ge=10)  # the oldest sooner where they would take more
    outbox_mb: float = Field(default=256.0, ge=1)  # of findings that wait for the clinic; then the oldest give way
    on_call: tuple[Person, ...] = Field(
        default=("on call", "deputy"), min_length=1
    )  # told of alerts, one after another
    technicians: tuple[Person, ...] = Field(default=("technician",), min_length=1)  # told of sensors and lines
    therapists: tuple[Person, ...] = ()  # told of reviews (T2) and of the weekly digest; none: those on call
    holidays: tuple[str, ...] = ()  # of the clinic, as 2026-12-25: no working days, so a review waits for the next one
    timezone: str = "UTC"  # where the patient's day begins and ends
    language: str = ""  # of the pages and reports; empty: as each browser asks, and English on paper
    stride_days: int = Field(default=90, ge=1)  # of walking kept stride by stride at home (8 MB a day); days stay

    @property
    def home_store(self) -> str:
        """URL of the home store."""
        return f"sqlite:///{self.home / 'home.sqlite'}"

    @property
    def home_ring(self) -> Path:
        """Folder of the raw readings of the last days."""
        return self.home / "raw"

    @property
    def clinic_store(self) -> str:
        """URL of the clinic's database."""
        return self.clinic_database or f"sqlite:///{self.home / 'clinic.sqlite'}"

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @field_validator("home")
    @classmethod
    def _home(cls, value: Path) -> Path:
        return value.expanduser()

    @field_validator("broker")
    @classmethod
    def _broker(cls, value: str) -> str:
        if not value.startswith(("mqtt://", "mqtts://")):
            raise ValueError("should look like mqtt://host:1883 or mqtts://host:8883")
        return value

    @field_validator("home_assistant")
    @classmethod
    def _home_assistant(cls, value: str) -> str:
        return cls._broker(value) if value else ""

    @field_validator("other_brokers")
    @classmethod
    def _other_brokers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(cls._broker(url) for url in value)

    @field_validator("clinic_database")
    @classmethod
    def _database(cls, value: str) -> str:
        if value and "://" not in value:
            raise ValueError("should look like sqlite:///path/clinic.sqlite or postgresql+psycopg://user@host/name")
        return value

    @field_validator("holidays")
    @classmethod
    def _holidays(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(date.fromisoformat(day).isoformat() for day in value)
        except ValueError as error:
            raise ValueError('should be days such as ["2026-12-25"]') from error

    @field_validator("language")
    @classmethod
    def _language(cls, value: str) -> str:
        known = ["en", *sorted(folder.name for folder in LANGUAGES.iterdir() if folder.is_dir())]
        if value and value not in known:
            raise ValueError(f"should be one of {', '.join(known)}, or empty")
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("should be a name such as Europe/Berlin or UTC") from error
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)  # load_config orders file, environment and command line


def load_config(file: str | Path | None = None, **given: object) -> Config:
    """The settings: ``given`` (what is not None) above ``SUREFOOT_...`` variables above the TOML file above defaults.

    The file is ``file``, else the one that ``SUREFOOT_CONFIG`` names, else none.

    Raises:
        ConfigError: the file cannot be read, a name is unknown, a value is no good.
    """
    path = file or os.environ.get(FILE_VARIABLE)
    written = _read(Path(path)) if path else {}
    if path and isinstance(written.get("identity"), str):  # a folder beside the file
        written["identity"] = Path(path).parent / written["identity"]
    _check_names(written, f"in {path}")
    variables = {name.removeprefix(PREFIX).lower() for name in os.environ if name.startswith(PREFIX)}
    _check_names(dict.fromkeys(variables - {"config"}), "among the environment's SUREFOOT_ variables")
    told = {name: value for name, value in given.items() if value is not None}
    try:
        return Config(**{**written, **EnvSettingsSource(Config)(), **told})
    except ValidationError as error:
        places = {
            **{name: f"{name} in {path}" for name in written},
            **{name: f"the variable {PREFIX}{name.upper()}" for name in variables},
            **dict.fromkeys(told, "the option on the command line"),
        }
        raise _plain(error, places) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        open_to_all = sys.platform != "win32" and bool(path.stat().st_mode & stat.S_IRWXO)
    except FileNotFoundError as error:
        raise ConfigError(f"There is no settings file {path}.", "Nothing was started.", "Check its name.") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        told = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"The settings file {path} cannot be read: {told}.",
            "Nothing was started.",
            'It should hold TOML lines such as broker = "mqtt://host:1883".',
        ) from error
    if open_to_all and _PASSWORD.search(str(written)):
        raise ConfigError(
            f"The settings file {path} holds a password, and everybody on this machine can read it.",
            "Nothing was started.",
            f"Take the right away and change the password: chmod 600 {path}",
        )
    return written


def _check_names(found: Mapping[str, object], where: str) -> None:
    known = list(Config.model_fields)
    for name in found:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ConfigError(
                f"There is no setting {name!r} ({where}).",
                "Nothing was started.",
                f"Did you mean {near[0]!r}?" if near else f"Settings are: {', '.join(known)}.",
            )


def _plain(error: ValidationError, places: Mapping[str, str]) -> ConfigError:
    first = error.errors()[0]
    name = str(first["loc"][0])
    told = first["msg"].removeprefix("Value error, ")
    given = _SECRET.sub("...", repr(first["input"]))
    return ConfigError(
        f"The setting {name!r} cannot be {given}: {told[0].lower()}{told[1:]}.",
        "Nothing was started.",
        f"Correct {places.get(name, name)}.",
    )
