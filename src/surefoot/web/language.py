"""The language that whoever asks now is answered in: its texts, and how it writes numbers and days.

English is the language of the code. Every other one is a gettext catalogue below ``locale/``, read from its .po file
when it is first spoken. How to write texts that can be translated, and how to add a language: docs/languages.md.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

OWN = "en"
FOLDER = Path(__file__).parent / "locale"

_SPOKEN: ContextVar[str] = ContextVar("spoken", default=OWN)


def _(text: str, **values: object) -> str:
    """``text`` in the language spoken, with ``values`` for its {names}: ``_("Seen by {who}", who=name)``."""
    said = catalogue(_SPOKEN.get()).gettext(text)
    return said.format(**values) if values else said


def _n(one: str, more: str, n: int, **values: object) -> str:
    """One or several of something: ``_n("{n} day", "{n} days", 3)``; ``n`` itself need not be given again."""
    said = catalogue(_SPOKEN.get()).ngettext(one, more, n)
    return said.format(**{"n": numerals(f"{n}"), **values})


def _p(context: str, text: str, **values: object) -> str:
    """A text that means different things in different places: ``context`` says which."""
    said = catalogue(_SPOKEN.get()).pgettext(context, text)
    return said.format(**values) if values else said


def N_(text: str) -> str:
    """Marks a text of a table for the translators; whoever shows it says ``_(text)``."""
    return text


def speak(language: str) -> None:
    """From here on, in this task and the threads it starts. One that nobody translated to is not spoken."""
    _SPOKEN.set(language if language == OWN or language in languages() else OWN)


def spoken() -> str:
    return _SPOKEN.get()


@cache
def languages() -> Mapping[str, str]:
    """Those that can be spoken, each with its own name for itself."""
    from babel import Locale  # terminals say some of these words too, and have no need of it

    others = sorted(file.parent.parent.name for file in FOLDER.glob("*/LC_MESSAGES/surefoot.po"))
    return {code: Locale.parse(code).get_display_name(code) or code for code in (OWN, *others)}


@cache
def catalogue(language: str) -> NullTranslations:
    if language == OWN:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    made = io.BytesIO()
    with (FOLDER / language / "LC_MESSAGES" / "surefoot.po").open("rb") as file:
        write_mo(made, read_po(file, locale=language, abort_invalid=True))
    made.seek(0)
    return GNUTranslations(made)


def chart_words() -> dict[str, object]:
    """What the charts' script must know of the language spoken; nothing of its own, English."""
    return {} if _SPOKEN.get() == OWN else _chart_words(_SPOKEN.get())


@cache
def _chart_words(language: str) -> dict[str, object]:
    from babel import Locale

    locale = Locale.parse(language)
    days = {width: [locale.days["format"][width][(k - 1) % 7] for k in range(7)] for width in ("wide", "abbreviated")}
    months = {width: [locale.months["format"][width][k] for k in range(1, 13)] for width in ("wide", "abbreviated")}
    marks = _marks(language)
    said = {
        "days": days["wide"],  # from Sunday on
        "shortDays": days["abbreviated"],
        "months": months["wide"],
        "shortMonths": [one.rstrip(".") for one in months["abbreviated"]],
        "decimal": marks[ord(".")],
        "thousands": marks[ord(",")],
        "date": "%d.%m.%Y",
    }
    return {"moduleType": "locale", "name": language, "dictionary": {}, "format": said}


def numerals(english: str) -> str:
    """A number that was written as English writes it (1,234.5), with the marks of the language spoken."""
    return english if _SPOKEN.get() == OWN else english.translate(_marks(_SPOKEN.get()))


@cache
def _marks(language: str) -> dict[int, str]:
    from babel import Locale

    symbols = Locale.parse(language).number_symbols["latn"]
    return {ord("."): symbols["decimal"], ord(","): symbols["group"]}


def day_words(day: str) -> str:
    """A day as it is read; ``day`` as it is stored (2026-05-01), or any other text, which stays."""
    return _day_in(_SPOKEN.get(), day)


@lru_cache(maxsize=4096)
def _day_in(language: str, day: str) -> str:
    if language == OWN:
        return day
    from babel.dates import format_date

    try:
        return format_date(date.fromisoformat(day), "medium", locale=language)
    except ValueError:
        return day


def short_day(day: str) -> str:
    """Day and month of a day as it is stored."""
    if _SPOKEN.get() == OWN:
        return day[5:]
    from babel.dates import format_skeleton

    return format_skeleton("Md", date.fromisoformat(day), locale=_SPOKEN.get())


def moment_words(moment: datetime) -> str:
    """A moment to the minute, with its offset."""
    day, time = moment.isoformat(" ", "minutes").split(" ")
    return f"{day} {time}" if _SPOKEN.get() == OWN else f"{day_words(day)} {time[:5]} {time[5:]}"
