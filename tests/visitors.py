"""People at the pages: browsers without a screen, each with its own cookies, some of them logged in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import httpx
from argon2 import PasswordHasher

from surefoot.pipeline import passwords
from surefoot.pipeline.store import Store

HERE = "http://127.0.0.1:8420"
PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PEOPLE = {"Dr. Ada": ("therapist",), "Nurse Bo": ("care-team",), "Cy": ("admin",), "Dee": ("therapist", "admin")}


def quick_passwords(monkeypatch: Any) -> None:
    """The real ones take a quarter of a second each, by intention."""
    monkeypatch.setattr(passwords, "_HASHER", QUICK)


def hired(store: Store, now_s: float) -> Store:
    for name, roles in PEOPLE.items():
        store.office.staff.add(name, roles, PASSWORD, now_s)
    return store


class Browser:
    """Keeps its cookies; follows where a form leads; sends what a browser sends with a form of the page itself."""

    def __init__(self, app: Any, address: str = "127.0.0.1", base: str = HERE) -> None:
        self._app = app
        self._address = address
        self.base = base
        self.cookies = httpx.Cookies()

    def get(self, path: str, follow: bool = True, **headers: str) -> httpx.Response:
        return self._ask("GET", path, headers, follow=follow)

    def post(self, path: str, form: dict[str, str], follow: bool = True, **headers: str) -> httpx.Response:
        return self._ask("POST", path, headers | {"origin": self.base}, data=form, follow=follow)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self._ask(method, path, more.pop("headers", {}), follow=False, **more)

    def fill_in(self, page: str, action: str, form: dict[str, str], follow: bool = True) -> httpx.Response:
        """Send the form of a page that leads to ``action``, with what it holds and no person sees."""
        return self.post(action, hidden(self.get(page).text, action) | form, follow)

    def log_in(self, name: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        return self.fill_in("/login", "/login", {"name": name, "password": password} | more)

    def _ask(self, method: str, path: str, headers: dict[str, str], *, follow: bool, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, client=(self._address, 50_000), raise_app_exceptions=False)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            async with httpx.AsyncClient(
                transport=transport, base_url=self.base, follow_redirects=follow, cookies=self.cookies
            ) as client:
                answer = await client.request(method, path, headers=named, **more)
                self.cookies = client.cookies
                return answer

        return asyncio.run(ask())


def hidden(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the first form that leads to ``action``."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    assert found, f"no form leads to {action}"
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found[0]))


Clock = Callable[[], float]
