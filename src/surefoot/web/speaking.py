"""Speaking: which language a visitor is answered in, and the links with which they choose another."""

from __future__ import annotations

from contextvars import ContextVar
from urllib.parse import parse_qsl, quote, urlencode

from jinja2 import Environment
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from surefoot.web import language
from surefoot.web.guard import SAFE
from surefoot.web.language import OWN, chart_words, day_words, languages, speak, spoken
from surefoot.web.retold import retold
from surefoot.web.words import label, sentence

COOKIE = "surefoot-language"
CHOICE = "language"  # of the query: ?language=de
A_YEAR_S = 365 * 86400
_AS_SENT = "surrogateescape"  # bytes of an address that are no text are given back as they came
_LINKS: ContextVar[str] = ContextVar("links", default="")


class Speaking:
    """ASGI middleware. A visitor's own choice holds; then that of the installation (``usual``), which may be none
    (""); then what their browser prefers; then English."""

    def __init__(self, app: ASGIApp, usual: str = "") -> None:
        self._app = app
        self._usual = usual

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("ascii", _AS_SENT)
        asked = parse_qsl(query, keep_blank_values=True, errors=_AS_SENT)
        kept = [(name, value) for name, value in asked if name != CHOICE]
        here = "/" + quote(scope["path"]).lstrip("/")  # two slashes would lead elsewhere
        wished = dict(asked).get(CHOICE, "")
        if wished in languages() and scope["method"] in SAFE:
            answer = RedirectResponse(f"{here}?{urlencode(kept, errors=_AS_SENT)}" if kept else here, 303)
            secure = scope.get("scheme") == "https"
            answer.set_cookie(COOKIE, wished, A_YEAR_S, path="/", secure=secure, httponly=True, samesite="lax")
            await answer(scope, receive, send)
            return
        if scope["path"].startswith("/api/"):  # programs are answered in one language
            await self._app(scope, receive, send)
            return
        own, liked = Request(scope).cookies.get(COOKIE, ""), preferred(Headers(scope=scope).get("accept-language", ""))
        speak(next((one for one in (own, self._usual, liked) if one in languages()), OWN))
        _LINKS.set(
            f"{here}?{urlencode([*kept, (CHOICE, '')], errors=_AS_SENT)}" if scope["method"] in SAFE else f"/?{CHOICE}="
        )
        await self._app(scope, receive, send)


def preferred(accepted: str) -> str:
    """The first language of an Accept-Language header that can be spoken; "" where there is none."""
    found: list[tuple[float, str]] = []
    for one in accepted.split(","):
        code, _, quality = one.strip().partition(";q=")
        try:
            found.append((-float(quality or 1), code.partition("-")[0].casefold()))
        except ValueError:
            continue
    return next((code for weight, code in sorted(found, key=lambda one: one[0]) if code in languages() and weight), "")


def others() -> list[tuple[str, str, str]]:
    """For the foot of a page: code, name and address of each language that is not spoken now."""
    return [(code, name, _LINKS.get() + code) for code, name in languages().items() if code != spoken()]


def fit(templates: Environment) -> None:
    """Let templates say ``_("...")`` and ``{% trans %}`` in the language of whoever asks."""
    templates.add_extension("jinja2.ext.i18n")
    templates.policies["ext.i18n.trimmed"] = True
    templates.install_gettext_callables(  # type: ignore[attr-defined]  # of that extension
        gettext=lambda text: language.catalogue(spoken()).gettext(text),
        ngettext=lambda one, more, n: language.catalogue(spoken()).ngettext(one, more, n),
        pgettext=lambda context, text: language.catalogue(spoken()).pgettext(context, text),
        newstyle=True,
    )
    templates.globals |= {"spoken": spoken, "other_languages": others, "_p": templates.globals["pgettext"]}
    templates.globals |= {"chart_words": chart_words}
    templates.filters |= {"day": day_words, "retold": retold, "sentence": sentence, "label": label}
