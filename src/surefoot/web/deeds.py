"""What people do about alerts beside acknowledging: snooze, end a snooze, pass on, resolve; and that one was seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import Form
from starlette.responses import RedirectResponse, Response

from surefoot.alerts.actions import escalate, resolve, see, snooze, wake
from surefoot.alerts.alertlife import AlertEvent, Life
from surefoot.alerts.escalation import EscalationParams
from surefoot.pipeline.store import Store
from surefoot.records import Tier
from surefoot.web.acting import visitor
from surefoot.web.desk import BACK, LONGEST_NAME, LONGEST_NOTE, Refused, clean
from surefoot.web.inbox import anchor
from surefoot.web.language import _
from surefoot.web.roles import may

Field = Annotated[str, Form()]


class Deeds:
    """One method per form; each answers with the page it came from, and what was done on top of it."""

    def __init__(self, store: Store, clock: Callable[[], float], people: EscalationParams) -> None:
        self._store = store
        self._clock = clock
        self._people = people

    def snooze(
        self,
        gateway: Field,
        alert_id: Field,
        tier: Annotated[Tier, Form()],
        minutes: Annotated[int, Form(ge=1, le=120)],
        who: Field = "",
        back: Field = "",
    ) -> Response:
        """No reminder for so long. It stays open, and the next person is told in time all the same."""
        who, now_s = name_of(who), self._clock()
        done = self._do(gateway, alert_id, lambda life: snooze(life, who, now_s, minutes * 60.0, tier))
        return _back(gateway, alert_id, back, "snoozed" if done else "unchanged")

    def wake(self, gateway: Field, alert_id: Field, who: Field = "", back: Field = "") -> Response:
        who, now_s = name_of(who), self._clock()
        done = self._do(gateway, alert_id, lambda life: wake(life, who, now_s))
        return _back(gateway, alert_id, back, "woken" if done else "unchanged")

    def escalate(
        self,
        gateway: Field,
        alert_id: Field,
        tier: Annotated[Tier, Form()],
        who: Field = "",
        back: Field = "",
    ) -> Response:
        """The next person is told now, and not only when nobody has answered for long."""
        who, now_s = name_of(who), self._clock()

        def deed(life: Life) -> AlertEvent | None:
            return escalate(life, who, now_s, self._people.people(life.channel, life.tier), tier)

        return _back(gateway, alert_id, back, "passed" if self._do(gateway, alert_id, deed) else "nobody")

    def resolve(
        self,
        gateway: Field,
        alert_id: Field,
        tier: Annotated[Tier, Form()],
        who: Field = "",
        note: Field = "",
        back: Field = "",
    ) -> Response:
        """It is over, and why."""
        who, note, now_s = name_of(who), clean(note, _("the note"), LONGEST_NOTE), self._clock()
        if not note:
            what = _("The note is missing: whoever resolves an alert says why it is over.")
            raise Refused(400, what, _("Nothing was stored."), _("Go back and write a note."))
        done = self._do(gateway, alert_id, lambda life: resolve(life, who, now_s, note, tier))
        return _back(gateway, alert_id, back, "resolved" if done else "unchanged")

    def seen(self, gateway: Field, alert_id: Field) -> Response:
        """It was on a screen that somebody looked at: nothing but that it is known. Homes tell it to their patient, so
        who does not see this kind of alert has not seen it.
        """
        now_s, who = self._clock(), visitor()

        def deed(life: Life) -> AlertEvent | None:
            return see(life, who.name, now_s) if may(who.person, "GET", BACK[life.channel]) else None

        self._do(gateway, alert_id, deed)
        return Response(status_code=204)

    def _do(self, gateway: str, alert_id: str, deed: Callable[[Life], AlertEvent | None]) -> bool:
        """Whether it changed anything."""
        made: list[AlertEvent] = []

        def event(life: Life) -> AlertEvent | None:
            made.extend(filter(None, [deed(life)]))
            return made[-1] if made else None

        if not self._store.alert_log.named(gateway, [alert_id]):
            raise Refused(404, _("There is no such alert."), _("Nothing was stored."), _("Reload the page."))
        after = self._store.alert_log.act(gateway, alert_id, event)
        return bool(made) and made[-1] in after.life.events


def name_of(given: str) -> str:
    who = clean(given, _("your name"), LONGEST_NAME)
    if not who:
        raise Refused(400, _("The name is missing."), _("Nothing was stored."), _("Go back and say who you are."))
    return who


def _back(gateway: str, alert_id: str, back: str, told: str) -> Response:
    page = BACK.get(back, f"/patients/{quote(gateway)}")
    return RedirectResponse(f"{page}?told={told}#{anchor(gateway, alert_id)}", 303)
