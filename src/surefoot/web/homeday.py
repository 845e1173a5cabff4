"""The patient's day: what stands on their own page, in plain words, from this home's store alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from surefoot.alerts.redflags import FLAGS
from surefoot.pipeline.aids import aids_on
from surefoot.pipeline.asking import Open, open_questions
from surefoot.pipeline.monitored import begun_by
from surefoot.pipeline.reads import StoredAlert
from surefoot.pipeline.shoes import AskedShoes, asked_shoes
from surefoot.pipeline.store import Store
from surefoot.pipeline.suddenask import SuddenQuestion, still_open
from surefoot.pipeline.telling import day_of
from surefoot.pipeline.tested import only_tests
from surefoot.records import AidKind, Alert, CheckIn, Incident, Side, TestKind
from surefoot.web.homenow import HomeNow
from surefoot.web.homesensors import sensor_lines, worn_today
from surefoot.web.hometests import due
from surefoot.web.language import N_, _, _n, day_words, moment_words
from surefoot.web.patients import last_lived
from surefoot.web.recovering import Recovering, recoveries
from surefoot.web.retold import retold
from surefoot.web.words import TESTS, number, which_leg, within

LOOK_DAYS = 14  # back for a whole day: those of which only a test is known are none
RECENT_S = 24 * 3600.0  # so long a message of an urgent alert stands on the page (P)
FALL_S = 6 * 3600.0  # and that of a fall without rising, unless it is answered (P)
AIDS: Mapping[AidKind, str] = {
    "brace": N_("A brace"),
    "stick": N_("A stick or crutch"),
    "shoes": N_("Other shoes than usual"),
    "strap": N_("Other straps on the sensors than usual"),
}
LOOKED_LIKE = {
    "giving_way": N_("{when}: something that looked like a leg giving way ({side})."),
    "stumble": N_("{when}: something that looked like a stumble ({side})."),
    "fall": N_("{when}: something that looked like a fall ({side})."),
}


DIFFERENT: Mapping[Side, str] = {
    "left": N_("Your left leg has walked differently than usual since {time}. An answer helps until {until}."),
    "right": N_("Your right leg has walked differently than usual since {time}. An answer helps until {until}."),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Did your leg give way? about one incident."""

    kind: str
    side: str
    start: str
    words: str


@dataclass(frozen=True, slots=True)
class Today:
    """The page's content. Empty texts are not shown."""

    fallen: bool
    red_flags: str  # told today
    urgent: tuple[str, ...]  # sentences of urgent alerts of the last day
    wanted: tuple[str, ...]  # what the clinic asks for
    asked: tuple[Asked, ...]
    done: str  # the check-in of today
    walked: tuple[str, ...]
    worn: str
    sensors: tuple[str, ...]  # what is the matter with them, and what to do
    fare: tuple[str, ...]  # how each sensor is just now
    worn_today: str
    tests: tuple[tuple[str, TestKind, Side | None], ...]  # the next ones
    aids: tuple[tuple[AidKind, str, bool], ...]  # what may help the walking, in words, and whether it is logged today
    recovery: tuple[str, ...]  # of the affected leg, where the clinic has said which it is
    shoes: AskedShoes | None  # whether other shoes explain what both legs do
    sudden: tuple[str, ...]  # of each leg that has just changed, while it is asked whether an aid explains it
    noticed: str  # whether the care team has seen what is urgent, as far as is known here


def today(store: Store, now_s: float, zone: tzinfo, now: HomeNow | None = None) -> Today:
    gateway = store.gateway()
    told = [one for one in store.diary.check_ins(gateway) if one.day == day_of(now_s, zone)]
    known = [one for one in store.alerts(gateway) if 0 <= now_s - one.alert.raised_s < RECENT_S]
    alerts = [one.alert for one in known]
    questions = open_questions(store, now_s)
    return Today(
        fallen=_fallen(store, alerts, now_s),
        red_flags="; ".join(dict.fromkeys(retold(FLAGS[flag]) for one in told for flag in one.flags)),
        urgent=tuple(one.sentence for one in alerts if one.channel == "clinical" and one.tier == "T3"),
        wanted=tuple(_wanted(questions)),
        asked=tuple(_asked(one, zone) for one in questions.incidents),
        done=_done(told, zone),
        walked=tuple(_walked(store, now_s, zone)),
        worn=_worn(store, now_s),
        sensors=tuple(dict.fromkeys(_sensors(store))),
        fare=sensor_lines(store.worn_sensors(), now, zone),
        worn_today=worn_today(now),
        tests=tuple(due(store, now_s, zone)),
        aids=tuple(_aids(store, day_of(now_s, zone))),
        recovery=tuple(f"{one.title}: {one.state}. {one.says}" for one in _recoveries(store)),
        shoes=asked_shoes(store, now_s),
        sudden=tuple(_sudden(one, zone) for one in still_open(store, now.asked if now else (), now_s)),
        noticed=_noticed([one for one in known if one.alert.channel == "clinical" and one.alert.tier >= "T3"], zone),
    )


def _fallen(store: Store, alerts: Sequence[Alert], now_s: float) -> bool:
    """A fall without rising, and nobody has said a word about it since."""
    raised = [one.raised_s for one in alerts if one.kind == "fall_not_up" and now_s - one.raised_s < FALL_S]
    said = [one.at_s for one in store.answers(store.gateway()) if one.kind == "fall"] if raised else []
    return bool(raised) and not any(at_s >= max(raised) for at_s in said)


def _noticed(urgent: Sequence[StoredAlert], zone: tzinfo) -> str:
    """The least that can be said of all of them: what nobody has taken on is said before what somebody has."""
    if not urgent:
        return ""
    taken = [one.life.acknowledged for one in urgent]
    if all(taken):
        at = _hour(max(e.at_s for e in taken if e is not None), zone)
        return _("Your care team has taken notice of this at {time}.", time=at)
    seen = [one.life.seen or one.life.acknowledged for one in urgent]
    if all(seen):
        at = _hour(max(e.at_s for e in seen if e is not None), zone)
        return _("It was on a screen of your care team at {time}; nobody has said yet that they take it on.", time=at)
    return _("It is not known here yet that anybody of your care team has seen this.")


def _hour(at_s: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at_s, zone).isoformat(timespec="minutes")[11:16]


def _wanted(questions: Open) -> list[str]:
    asked = [_("Your care team asks you for the check-in below.")] if questions.check_in else []
    tests = [TESTS[one.test] for one in questions.tests if one.test is not None]
    return asked + [
        _("Your care team asks you for a guided test: {test}. See below.", test=within(_(test))) for test in tests
    ]


def _asked(one: Incident, zone: tzinfo) -> Asked:
    words = _(LOOKED_LIKE[one.kind], when=_clock(one.start_s, zone), side=which_leg(one.side))
    return Asked(one.kind, one.side or "both", repr(one.start_s), words)


def _sudden(one: SuddenQuestion, zone: tzinfo) -> str:
    return _(DIFFERENT[one.side], time=_hour(one.start_s, zone), until=_hour(one.until_s, zone))


def _done(told: Sequence[CheckIn], zone: tzinfo) -> str:
    if not told:
        return ""
    last = told[-1]
    pain = next((one.pain for one in reversed(told) if one.pain is not None), None)
    at = _hour(last.at_s, zone)
    if pain is None:
        return _("Done today at {time}: pain not told.", time=at)
    return _("Done today at {time}: pain {pain} of 10.", time=at, pain=pain)


def _clock(at_s: float, zone: tzinfo) -> str:
    """A moment as the patient's own clock shows it."""
    return moment_words(datetime.fromtimestamp(at_s, zone).replace(tzinfo=None)).strip()


def _walked(store: Store, now_s: float, zone: tzinfo) -> list[str]:
    """Of today, leg by leg. A leg without a stride is said to be that, never zero."""
    begins = datetime.fromtimestamp(now_s, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    strides = store.strides(begins.timestamp(), (begins + timedelta(days=1)).timestamp())
    many = Counter(one.side for one in strides)
    if not strides:
        return [_("No walking has been seen today yet.")]
    said = {
        "left": lambda n: _n("Left leg: {n} stride", "Left leg: {n} strides", n),
        "right": lambda n: _n("Right leg: {n} stride", "Right leg: {n} strides", n),
    }
    return [said[of](many[of]) for of in sorted(many)]


def _worn(store: Store, now_s: float) -> str:
    day = last_lived(begun_by(store.days(store.gateway(), newest=LOOK_DAYS), now_s))
    if day is None or only_tests(day):
        return _("No whole day is known yet.")
    counts = _("It did not count: {why}.", why=retold(day.missing)) if day.missing else _("It counted.")
    worn, walked = number(day.worn_h, 1, "h"), number(day.walking_min, 0, "min")
    told = _("Last whole day, {day}: worn {worn}, walked {walked}.", day=day_words(day.day), worn=worn, walked=walked)
    return f"{told} {counts}"


def _sensors(store: Store) -> list[str]:
    """Technical alerts of this home that are not over."""
    known = [one.alert for one in store.alerts(store.gateway()) if one.alert.channel == "technical"]
    return [one.sentence for one in known if one.resolved_s is None]


def _aids(store: Store, day: str) -> list[tuple[AidKind, str, bool]]:
    worn = aids_on(day, store.diary.aids())
    return [(kind, words, any(one.startswith(kind) for one in worn)) for kind, words in AIDS.items()]


def _recoveries(store: Store) -> list[Recovering]:
    affected = store.orders.plan(store.gateway()).affected
    return recoveries(store.days(store.gateway()), affected) if affected is not None else []
