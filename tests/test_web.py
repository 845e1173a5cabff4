"""The pages on a real store: what a therapist reads, what a form stores, and who is turned away."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

import made
import story
from story import DAY_S, EMPTY, NEW, NOW_S, SILENT, STEADY, WEAK
from surefoot.alerts.alertlife import Life
from surefoot.alerts.bodies import AlertBody, AnswerBody, DayBody, IncidentBody, TestBody
from surefoot.alerts.escalation import next_due
from surefoot.alerts.technical import Upkeep
from surefoot.pipeline.duty import look, settle, watch
from surefoot.pipeline.store import Store, open_store
from surefoot.records import ClockCheck, DayMetric, DaySummary, SideCheck, TestResult
from surefoot.web.app import make_app
from surefoot.web.charts import charts
from surefoot.web.line import Line
from surefoot.web.series import WINDOW_DAYS, whole_calendar

HERE = "http://127.0.0.1:8420"
SCRIPT = "<script>alert('x')</script>"


class Reader:
    """A browser without a screen; follows where a form leads."""

    def __init__(self, store: Store, now_s: float = NOW_S, **more: object) -> None:
        self.app = make_app(store, lambda: now_s, "Clinic North", **{"zone": ZoneInfo("UTC")} | more)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._ask("GET", path, headers)

    def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        return self._ask("POST", path, {"origin": HERE, "sec-fetch-site": "same-origin"} | headers, form)

    def _ask(
        self, method: str, path: str, headers: dict[str, str], form: dict[str, str] | None = None
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url=HERE, follow_redirects=True) as client:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, path, headers=named, data=form)

        return asyncio.run(ask())


def text(page: httpx.Response) -> str:
    """What a person reads: no tags, single blanks."""
    body = re.sub(r"<(script|style).*?</\1>", "", page.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = story.filled(tmp_path_factory.mktemp("clinic"))
    yield store
    store.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    yield store
    store.close()


def patient_rows(page: httpx.Response) -> dict[str, str]:
    """The list's patients in its order, with what it says of each."""
    found = re.findall(r'<li class="(?:look|calm)"[^>]*>(.*?)</li>', page.text, flags=re.DOTALL)
    read = [text(httpx.Response(200, text=one)) for one in found]
    return {one.split(" home ")[0]: one for one in read}


# ---- the list


def test_the_list_puts_first_who_needs_a_look(filled: Store) -> None:
    rows = patient_rows(Reader(filled).get("/"))
    assert list(rows) == ["P-01", "P-04", f"unnamed {EMPTY[:8]}", "P-03", "P-02"]
    assert "T3 urgent 2 open alerts" in rows["P-01"]
    assert "Last heard 25 seconds ago" in rows["P-01"]
    assert "h on 2026-01-28" in rows["P-01"]
    assert "Not monitored: nothing heard from the home for 3 days" in rows["P-04"]
    assert "1 technical alert" in rows["P-04"]
    assert "Last worn on no day that counts yet" in rows[f"unnamed {EMPTY[:8]}"]
    assert "cannot say yet: learning what is normal: 4 of at least 7 good days" in rows["P-03"]
    assert "33 numbers compared with own normal, none judged worse" in rows["P-02"]


def test_who_is_not_monitored_is_never_told_to_be_well(filled: Store) -> None:
    for label, row in patient_rows(Reader(filled).get("/")).items():
        assert "0 open" not in row
        if label in ("P-04", f"unnamed {EMPTY[:8]}"):
            assert "No open alert, but not monitored: nothing can be said" in row


def test_sensors_in_a_drawer_are_not_monitored(empty: Store) -> None:
    story.Home(WEAK).live(empty, NOW_S, story.days(28, gone=(24, 25, 26, 27)))
    (row,) = patient_rows(Reader(empty).get("/")).values()
    assert "Not monitored: no day that counts for 4 days (worn 24 min, less than 6 h)" in row
    assert "Last worn" in row and "on 2026-01-24" in row


def test_silence_is_told_after_three_minutes(empty: Store) -> None:
    story.Home(WEAK).live(empty, NOW_S, story.days(28))
    heard_s = empty.patients()[0].last_seen_s
    assert "Not monitored" not in text(Reader(empty, heard_s + 179).get("/"))
    assert "Not monitored: nothing heard from the home for 3 minutes" in text(Reader(empty, heard_s + 180).get("/"))


def test_an_empty_clinic_says_so(empty: Store) -> None:
    reader = Reader(empty)
    assert "No home has sent anything yet" in text(reader.get("/"))
    assert "No clinical alert is open" in text(reader.get("/alerts"))
    assert reader.get("/healthz").json() == {"status": "ok", "broker": "not used", "patients": 0, "time_s": NOW_S}


def test_a_patient_is_labelled_and_no_two_alike(empty: Store) -> None:
    for gateway in (WEAK, STEADY):
        story.Home(gateway).sign_of_life(empty, NOW_S)
    reader = Reader(empty)
    page = reader.post("/label", {"gateway": WEAK, "label": "  P-07 "})
    assert (page.status_code, next(iter(patient_rows(page)))) == (200, "P-07")
    refused = reader.post("/label", {"gateway": STEADY, "label": "p-07"})
    assert refused.status_code == 409
    assert "Another patient has the label p-07. Nothing was changed." in text(refused)
    assert reader.post("/label", {"gateway": WEAK, "label": "P-07"}).status_code == 200
    assert reader.post("/label", {"gateway": NEW, "label": "P-08"}).status_code == 404
    assert reader.post("/label", {"gateway": WEAK, "label": "x" * 81}).status_code == 400
    assert [one.label for one in empty.patients()] == ["P-07", f"unnamed {STEADY[:8]}"]


# ---- one patient


def test_the_patient_page_begins_with_the_newest_open_alert(filled: Store) -> None:
    page = Reader(filled).get(f"/patients/{WEAK}")
    alert = filled.alerts(WEAK)[0].alert
    first = page.text.index('class="sentence"')
    assert unescape(page.text[first:]).startswith(f'class="sentence">{alert.sentence}<')
    said = text(page)
    assert "7 of the last 7 days counted: worn" in said
    assert alert.not_this in said
    for trend in alert.evidence:
        assert f"{trend.z:.1f}" in said and f"{trend.shift:.1f}" in said and f"{trend.strides} strides" in said
    assert "(14 days, 2026-01-01 to 2026-01-15)" in said


def test_the_pattern_of_foot_drop_stands_in_words_beside_its_number() -> None:
    """Before there is any baseline: it needs none."""
    words = "pattern compatible with foot drop; a clinician must confirm it (seen in 6 of 10 walks)"
    seen = DayMetric("left", "foot_drop_walks_pct", 60.0, 400, words)
    (one,) = story.days(1)
    (chart,) = [c for c in charts([replace(one, metrics=(seen,))], []) if c.name == seen.name]
    assert chart.rows[0][1].startswith("60.0") and words in chart.rows[0][-1]
    assert "Seen without any baseline" in chart.hint and "no baseline yet" in chart.says


def test_root_patterns_come_first_and_are_no_diagnosis(filled: Store) -> None:
    page = Reader(filled).get(f"/patients/{WEAK}")
    titles = re.findall(r'<h3 id="chart-\d+-title">(.*?)</h3>', page.text)
    patterns = ["Foot lifting (L5 pattern)", "Push-off (S1 pattern)", "Knee control (L4 pattern)"]
    assert titles[:4] == [*patterns, "Walking speed"]
    assert text(page).count("A pattern compatible with L5-type weakness, never a diagnosis.") == 1
    assert len(titles) == len(patterns) + len(story.USUAL) + 2  # and cadence, and the foot-drop score made of others
    score = filled.trends(WEAK, "foot_drop_score", "left")[-1]
    assert score.value is not None and score.value > 2 and score.z is not None and score.z > score.value
    told = text(page).replace("\xa0", " ")
    assert f"Left: {score.value:.1f} points on {score.day}; own normal:" in told, "the score and not its z"


def test_a_chart_has_both_legs_the_band_the_gaps_and_the_wear(filled: Store) -> None:
    page = Reader(filled).get(f"/patients/{WEAK}")
    figure = figures(page)["Walking speed"]
    traces = {one.get("name"): one for one in figure["data"]}
    left, right = traces["Left"], traces["Right"]
    assert left["x"] == right["x"] == [one.day for one in filled.days(WEAK)]
    assert [day for day, value in zip(left["x"], left["y"], strict=True) if value is None] == [
        "2026-01-10",
        "2026-01-17",
    ]
    assert left["line"]["dash"] != right["line"]["dash"]
    assert left["marker"]["symbol"] != right["marker"]["symbol"]
    baseline = filled.trends(WEAK, "speed_mps", "left")[-1].baseline
    assert min(traces["Left: own normal"]["y"]) == pytest.approx(baseline.centre - 2 * baseline.spread)
    assert max(traces["Left: own normal"]["y"]) == pytest.approx(baseline.centre + 2 * baseline.spread)
    (wear,) = [one for one in figure["data"] if one["type"] == "bar"]
    assert wear["y"] == [one.worn_h for one in filled.days(WEAK)]
    assert traces["not worn"]["x"] == ["2026-01-10", "2026-01-17"]
    (shaded,) = [one for one in figure["layout"]["shapes"] if one["type"] == "rect"]
    assert (shaded["x0"], shaded["x1"]) == (baseline.first_day, baseline.last_day)


def test_behind_each_chart_stands_its_table(filled: Store) -> None:
    page = Reader(filled).get(f"/patients/{WEAK}")
    tables = re.findall(r"<details><summary>Table: (.*?)</summary>(.*?)</details>", page.text, flags=re.DOTALL)
    assert [title for title, _ in tables] == list(figures(page))
    speed = text(httpx.Response(200, text=dict(tables)["Walking speed"]))
    day = filled.days(WEAK)[-1]
    left, right = (day.metric(side, "speed_mps") for side in ("left", "right"))
    row = f"{left.value:.2f} m/s {right.value:.2f} m/s {day.worn_h:.1f} h {left.strides} / {right.strides}"
    assert f"2026-01-28 {row}" in speed
    assert "2026-01-17 not known not known 0.0 h none / none worn 24 min, less than 6 h" in speed


def figures(page: httpx.Response) -> dict[str, dict]:
    """Each chart's data by its title, as the browser gets it."""
    titles = dict(re.findall(r'<h3 id="(chart-\d+)-title">(.*?)</h3>', page.text))
    data = re.findall(
        r'<script type="application/json" id="(chart-\d+)-data">(.*?)</script>', page.text, flags=re.DOTALL
    )
    return {unescape(titles[name]): json.loads(body) for name, body in data}


def test_a_new_patient_is_told_to_be_new(filled: Store) -> None:
    said = text(Reader(filled).get(f"/patients/{NEW}"))
    assert "Cannot say yet: learning what is normal: 4 of at least 7 good days. No open alert." in said
    assert "no baseline yet" in said


def test_a_patient_without_a_day_has_a_page(filled: Store) -> None:
    said = text(Reader(filled).get(f"/patients/{EMPTY}"))
    assert "Not monitored: no day of wear has arrived yet." in said
    assert "there is nothing to draw" in said


def test_times_are_local_with_their_offset(filled: Store) -> None:
    said = text(Reader(filled, zone=ZoneInfo("Europe/Berlin")).get(f"/patients/{WEAK}"))
    assert "This page was made 2026-01-29 10:12+01:00" in said


def test_unknown_patients_pages_and_incidents_are_told(filled: Store) -> None:
    reader = Reader(filled)
    for path in (
        "/patients/nobody",
        "/nothing",
        "/docs",
        f"/patients/{WEAK}/incidents/fall/left/1.0",
        f"/patients/{WEAK}/incidents/fall/left/nan",
    ):
        page = reader.get(path)
        assert page.status_code == 404, path
        assert "Go back" in text(page)
        assert "default-src 'none'" in page.headers["content-security-policy"]


def test_incidents_open_on_their_raw_signal(filled: Store) -> None:
    reader = Reader(filled)
    page = reader.get(f"/patients/{WEAK}")
    said = text(page)
    assert "3 incidents stored" in said
    shown, hidden = said.split("Possible ones (1 newest)")
    assert "2026-01-28 11:00+00:00 giving-way-like event left probable" in shown.split("Probable, newest first")[1]
    assert "giving-way-like event left possible" in hidden
    (link,) = set(re.findall(r'href="([^"]*/incidents/stumble/[^"]*)"', page.text))
    opened = reader.get(link)
    assert (opened.status_code, "Stumble-like event, left, 2026-01-27" in text(opened)) == (200, True)
    assert re.search(r"Left .5\.00 s 5\.00 s 1000 100\.0 Hz", text(opened))
    assert opened.text.count('"type": "scatter"') == 12  # two legs, turning and acceleration, three axes


def test_an_incident_without_signal_or_leg_has_a_page(empty: Store) -> None:
    home = story.Home(WEAK)
    bare = made.incident(5)
    home.tell(empty, NOW_S, IncidentBody.of(bare))
    page = Reader(empty).get(f"/patients/{WEAK}/incidents/giving_way/left/{bare.start_s!r}")
    assert "No raw signal came with this incident." in text(page)


def test_an_incident_says_what_the_patient_answered_and_what_was_said_before(empty: Store) -> None:
    home, page = story.Home(WEAK), f"/patients/{WEAK}/incidents/giving_way/left/{made.incident(5).start_s!r}"
    home.tell(empty, NOW_S, IncidentBody.of(made.incident(5)))
    assert "Nobody has answered yet." in text(Reader(empty).get(page))
    home.tell(empty, NOW_S, AnswerBody.of(made.answer(6, "no")))
    assert "Nobody has answered yet." in text(Reader(empty).get(page)), "that was about another one"
    home.tell(empty, NOW_S, AnswerBody.of(made.answer(5, "gave_way", 600.0)))
    home.tell(empty, NOW_S, AnswerBody.of(made.answer(5, "no", 60.0)))
    said = text(Reader(empty).get(page))
    assert "It gave way , told by the patient 1970-01-01 01:33+00:00" in said
    assert "Said before: No, nothing happened, told by the patient 1970-01-01 01:24+00:00" in said


def test_guided_tests_are_listed_with_their_value_or_why_not(empty: Store) -> None:
    home = story.Home(WEAK)
    home.sign_of_life(empty, NOW_S)
    assert "No guided test has come in." in text(Reader(empty).get(f"/patients/{WEAK}"))
    heel = TestResult("heel_rise", "left", NOW_S, NOW_S + 60, 19.0, "rises", 0.9)
    told = [made.guided_test(1), made.guided_test(2, None, f"used the arms {SCRIPT}"), heel]
    home.tell(empty, NOW_S, *map(TestBody.of, told))
    page = Reader(empty).get(f"/patients/{WEAK}")
    said = text(page).partition("Guided tests, newest first")[2]
    newest, unusable, usable = said.index("Heel rises on one leg Left 19 rises yes"), said.index("used the arms"), 0
    usable = said.index("Five rises from a chair Both legs 9.80 s yes")
    assert newest < unusable < usable and "Five rises from a chair Both legs not known no: used the arms" in said
    assert SCRIPT not in page.text


def test_days_with_an_aid_say_so(empty: Store) -> None:
    days = story.days(20)
    days[-2:] = [replace(one, aids=("brace", "shoes (trainers)")) for one in days[-2:]]
    story.Home(WEAK).live(empty, NOW_S, days)
    said = text(Reader(empty).get(f"/patients/{WEAK}"))
    told = "with brace and shoes (trainers)"
    assert f"compared only with days {told}, as on {days[-1].day}" in said
    assert f"learning what is normal {told}: 2 of at least 7 good days" in said
    assert said.count(f"yes; {told}") == 2


# ---- alerts


def test_clinical_and_technical_alerts_never_share_a_page(filled: Store) -> None:
    reader = Reader(filled)
    clinical, technical = text(reader.get("/alerts")), text(reader.get("/alerts/technical"))
    assert "Left leg weaker" in clinical and "battery will not last" not in clinical
    assert "Left leg weaker" not in technical and "battery will not last" in technical


def alerted(store: Store, *alerts: object) -> story.Home:
    home = story.Home(WEAK)
    home.tell(store, NOW_S - 60, *map(AlertBody.of, alerts))
    return home


def form(store: Store, name: str = "a", **more: str) -> dict[str, str]:
    one = next(x.alert for x in store.alerts() if x.alert.alert_id == name)
    return {"gateway": WEAK, "alert_id": name, "tier": one.tier, "who": "Dr. Ada", "back": "clinical"} | more


def test_an_acknowledgement_is_stored_and_shown_with_who_and_when(empty: Store) -> None:
    alerted(empty, made.alert("a"), made.alert("b", raised_s=1.7e9))
    page = Reader(empty).post("/acknowledge", form(empty, note="Called, comes at 3."))
    said = text(page)
    assert "Open (1)" in said and "Acknowledged or over (1)" in said
    assert "Acknowledged by Dr. Ada, 2026-01-29 09:12+00:00 Called, comes at 3." in said
    assert page.url.fragment.startswith("alert-") and f'id="{page.url.fragment}"' in page.text
    taken = {one.alert.alert_id: one.acknowledged for one in empty.alerts()}
    assert (taken["a"].who, taken["a"].at_s, taken["a"].note, taken["b"]) == (
        "Dr. Ada",
        NOW_S,
        "Called, comes at 3.",
        None,
    )


def test_whoever_comes_second_is_told_who_was_first(empty: Store) -> None:
    alerted(empty, made.alert("a"))
    Reader(empty).post("/acknowledge", form(empty))
    said = text(Reader(empty, NOW_S + 5).post("/acknowledge", form(empty, who="Dr. Bob", back="patient")))
    assert "Somebody had acknowledged this alert before." in said
    assert "Acknowledged by Dr. Ada" in said and "Dr. Bob" not in said


def life_of(store: Store, name: str) -> Life:
    return next(one.life for one in store.alerts(WEAK) if one.alert.alert_id == name)


def snoozed(store: Store, now_s: float = NOW_S, **more: str) -> str:
    return text(Reader(store, now_s).post("/snooze", form(store, minutes="60") | more))


def test_a_snooze_is_seen_and_hides_nothing(empty: Store) -> None:
    alerted(empty, made.alert("a", "T3"))
    said = snoozed(empty)
    assert "Snoozed. It stays open" in said and "Open (1)" in said and "Open, snoozed" in said
    assert "Snoozed until 2026-01-29 10:12+00:00 by Dr. Ada: reminders rest, everything else goes on." in said
    assert "T3 urgent 1 open alert" in text(Reader(empty).get("/"))
    assert "Open, snoozed" not in text(Reader(empty, NOW_S + 3601).get("/alerts"))
    said = text(Reader(empty, NOW_S + 60).post("/wake", form(empty)))
    assert "The snooze has ended." in said and "Open, snoozed" not in said and "Snooze ended by Dr. Ada" in said


def test_whoever_cannot_see_to_it_has_the_next_person_told(empty: Store) -> None:
    alerted(empty, made.alert("a", "T3"), made.alert("b", "T4"))
    assert Reader(empty).get("/alerts").text.count('formaction="/escalate"') == 1, "of a T4 everybody is told at once"
    said = text(Reader(empty).post("/escalate", form(empty)))
    assert "The next person is told as well." in said and "Open (2)" in said
    assert "Dr. Ada had deputy told as well, 2026-01-29 09:12+00:00." in said
    due = next_due(life_of(empty, "a"), NOW_S)
    assert due is not None and due.what == "tell" and due.at_s <= NOW_S and "deputy" in due.to
    assert "Nobody more can be told" in text(Reader(empty).post("/escalate", form(empty)))
    assert "Nobody more can be told" in text(Reader(empty).post("/escalate", form(empty, "b")))
    assert [e.what for e in life_of(empty, "a").events].count("escalated") == 1


def test_nobody_snoozes_for_long_nor_an_emergency_nor_what_became_worse(empty: Store) -> None:
    home = alerted(empty, made.alert("a", "T2"), made.alert("b", "T4"))
    old = form(empty, minutes="60")
    assert Reader(empty).post("/snooze", old | {"minutes": "121"}).status_code == 400
    assert "Nothing was changed" in text(Reader(empty).post("/snooze", form(empty, "b", minutes="15")))
    assert Reader(empty).get("/alerts").text.count('formaction="/snooze"') == 3, "that of a T4 is not offered"
    snoozed(empty)
    home.tell(empty, NOW_S, AlertBody.of(made.alert("a", "T3")))
    assert "Open, snoozed" not in text(Reader(empty).get("/alerts"))
    assert "Nothing was changed" in text(Reader(empty).post("/snooze", old))


def test_an_alert_is_resolved_with_a_name_and_a_reason(empty: Store) -> None:
    alerted(empty, made.alert("a"))
    reader = Reader(empty)
    for change in ({"note": ""}, {"who": "", "note": "cramp"}, {"note": "x" * 1001}):
        assert reader.post("/resolve", form(empty) | change).status_code == 400
    assert reader.post("/resolve", form(empty, note="cramp") | {"alert_id": "another"}).status_code == 404
    reader.post("/acknowledge", form(empty, note="I call her."))
    said = text(Reader(empty, NOW_S + 60).post("/resolve", form(empty, who="Dr. Bob", note="It was a cramp.")))
    assert "Resolved. It is stored below" in said and "It was a cramp." in said
    assert "Acknowledged by Dr. Ada, 2026-01-29 09:12+00:00; Resolved by Dr. Bob, 2026-01-29 09:13+00:00" in said
    again = text(reader.post("/resolve", form(empty, who="Dr. Cy", note="No.")))
    assert "Nothing was changed" in again and "Dr. Cy" not in again


def test_who_was_told_and_who_is_next_stand_beside_the_alert(empty: Store) -> None:
    alerted(empty, made.alert("a", "T3"))
    for after_s in (0, 3700, 14500, 14510, 14520):
        for claim in look(empty, NOW_S + after_s):
            settle(empty, claim, NOW_S + after_s)
    said = text(Reader(empty, NOW_S + 14600).get("/alerts"))
    assert "Open, next person told" in said
    assert "Told: on call, deputy, last 2026-01-29 13:14+00:00, 4 notices so far." in said
    assert "Not answered: deputy is told as well, 2026-01-29 13:13+00:00." in said
    assert "What happened to it (10)" in said and "The notice to on call went out, 2026-01-29 09:12+00:00" in said


def test_that_nobody_could_be_told_is_said(empty: Store) -> None:
    alerted(empty, made.alert("a", "T3"))
    for claim in look(empty, NOW_S):
        settle(empty, claim, NOW_S, "there is no line to the broker")
    assert "Nobody could be told yet: no notice has gone out." in text(Reader(empty).get("/alerts"))


def test_what_was_on_a_screen_is_known_and_stays_open(empty: Store) -> None:
    alerted(empty, made.alert("a"))
    reader = Reader(empty)
    assert 'data-unseen data-gateway="' in reader.get("/alerts").text
    assert reader.post("/seen", {"gateway": WEAK, "alert_id": "a"}).status_code == 204
    page = reader.get("/alerts")
    assert "Open, seen" in text(page) and "data-unseen" not in page.text and "Open (1)" in text(page)


def test_many_silent_homes_are_one_entry(empty: Store) -> None:
    for k in range(6):
        story.Home(f"{k}b1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d").sign_of_life(empty, NOW_S - 200)
    watch(empty, NOW_S, 0.0)
    page = Reader(empty).get("/alerts/technical")
    assert "6 homes are silent Their patients are not monitored." in text(page)
    assert page.text.count('class="alert"') == 1
    assert "No clinical alert is open" in text(Reader(empty).get("/alerts"))
    assert text(Reader(empty).get("/")).count("Not monitored: nothing heard from the home") == 6


def test_sensors_on_the_wrong_legs_are_not_monitored(empty: Store) -> None:
    home = story.Home(WEAK)
    home.live(empty, NOW_S, story.days(28))
    home.tell(empty, NOW_S, AlertBody.of(Upkeep().checked(SideCheck(NOW_S, "swapped", 2.0, 20), "2026-01-29")))
    (row,) = patient_rows(Reader(empty).get("/")).values()
    assert "Not monitored: the sensors are on the wrong legs" in row


def test_clocks_that_stand_apart_are_not_monitored_until_they_agree(empty: Store) -> None:
    home, upkeep = story.Home(WEAK), Upkeep()
    home.live(empty, NOW_S, story.days(28))
    for offset_s, told in ((0.034, True), (0.001, False)):
        home.tell(empty, NOW_S, AlertBody.of(upkeep.checked(ClockCheck(NOW_S, offset_s, 50), "2026-01-29")))
        (row,) = patient_rows(Reader(empty).get("/")).values()
        assert ("Not monitored: the clocks of the two sensors stand apart" in row) is told


def test_two_hardly_worn_days_are_not_monitored(empty: Store) -> None:
    days = [replace(day, worn_h=4.0) if day.day >= "2026-01-27" else day for day in story.days(28)]
    story.Home(WEAK).live(empty, NOW_S, days)
    (row,) = patient_rows(Reader(empty).get("/")).values()
    assert "Not monitored: hardly worn: 4.0 h on 2026-01-27, 4.0 h on 2026-01-28" in row


def test_an_alert_that_became_worse_is_not_acknowledged_by_an_old_page(empty: Store) -> None:
    home = alerted(empty, made.alert("a", tier="T2"))
    old = form(empty)
    home.tell(empty, NOW_S, AlertBody.of(made.alert("a", tier="T3")))
    said = text(Reader(empty).post("/acknowledge", old))
    assert "Not acknowledged: this alert has become worse" in said and "T3 urgent" in said
    assert empty.alerts()[0].acknowledged is None
    Reader(empty).post("/acknowledge", form(empty))
    assert empty.alerts()[0].acknowledged.who == "Dr. Ada"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"who": "  "}, 400),
        ({"who": "x" * 81}, 400),
        ({"note": "x" * 1001}, 400),
        ({"who": "a\x00b"}, 400),
        ({"tier": "T9"}, 400),
        ({"alert_id": "another"}, 404),
        ({"gateway": STEADY}, 404),
    ],
    ids=str,
)
def test_a_broken_form_stores_nothing(empty: Store, change: dict[str, str], status: int) -> None:
    alerted(empty, made.alert("a"))
    page = Reader(empty).post("/acknowledge", form(empty) | change)
    assert page.status_code == status
    assert "Nothing was" in text(page)
    assert empty.alerts()[0].life.is_open and empty.counts()["alert_events"] == 1, "that it came in, and nothing else"


def test_the_worst_open_alert_comes_first(empty: Store) -> None:
    alerted(empty, made.alert("a", "T1", 30.0), made.alert("b", "T3", 10.0), made.alert("c", "T3", 20.0))
    page = Reader(empty).get("/alerts")
    assert re.findall(r'name="alert_id" value="(.)"', page.text) == ["c", "b", "a"]


# ---- strangers


def test_what_came_from_outside_is_escaped_everywhere(empty: Store) -> None:
    home = alerted(empty, made.alert("a"))
    worse = made.trend(metric=SCRIPT, day="2026-01-20")
    nasty = made.alert(SCRIPT, evidence=(worse,))
    nasty = type(nasty)(
        **{name: getattr(nasty, name) for name in nasty.__slots__} | {"sentence": SCRIPT, "not_this": SCRIPT}
    )
    metrics = (*made.day(20).metrics, made.DayMetric("left", SCRIPT, 1.0, 3, SCRIPT))
    day = DaySummary("2026-01-21", 0.0, 9e4, 1.0, 1.0, 0.0, 0, (), (), metrics, SCRIPT)
    home.tell(empty, NOW_S, AlertBody.of(nasty), DayBody.of_day(day, (worse,)), DayBody.of_day(made.day(20), ()))
    reader = Reader(empty)
    reader.post("/label", {"gateway": WEAK, "label": SCRIPT})
    reader.post("/acknowledge", form(empty, SCRIPT, who=SCRIPT, note=SCRIPT))
    for path in ("/", f"/patients/{WEAK}", "/alerts"):
        page = reader.get(path)
        assert page.status_code == 200
        assert "alert(" in page.text or path == "/healthz"
        assert "<script>alert" not in page.text
        assert not re.search(r"<script(?! src=| type=\"application/json\")", page.text)


def test_a_home_with_a_broken_clock_does_not_break_the_pages(empty: Store) -> None:
    home = alerted(empty, made.alert("a", raised_s=1e300))
    strange = DaySummary("2026-99-99", -1e300, 1e300, 1.0, 1.0, 0.0, 0, (), (), made.day(1).metrics, "")
    home.tell(empty, NOW_S, *(DayBody.of_day(one, ()) for one in (strange, made.day(5))))
    home.tell(empty, NOW_S, IncidentBody.of(story.incident(1e200)))
    reader = Reader(empty)
    for path in ("/", "/alerts", f"/patients/{WEAK}"):
        assert reader.get(path).status_code == 200, path
    assert "impossible time" in text(reader.get("/alerts"))


def test_the_calendar_is_whole_and_bounded() -> None:
    assert whole_calendar(["2026-02-27", "2026-03-02", "nonsense"])[1:3] == ["2026-02-28", "2026-03-01"]
    assert len(whole_calendar(["1970-01-01", "2026-01-01"])) == WINDOW_DAYS
    assert whole_calendar(["9999-12-31", "0001-01-01"])[-1] == "9999-12-31"
    assert whole_calendar([]) == []


FOREIGN = [
    {"origin": "http://evil.example"},
    {"origin": "http://127.0.0.1:9999"},
    {"origin": "null"},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_foreign_page_can_not_post(empty: Store, headers: dict[str, str]) -> None:
    alerted(empty, made.alert("a"))
    for path, fields in (
        *(
            (path, form(empty, minutes="15", note="x"))
            for path in ("/acknowledge", "/snooze", "/wake", "/resolve", "/seen")
        ),
        ("/label", {"gateway": WEAK, "label": "evil"}),
    ):
        page = Reader(empty).post(path, fields, **headers)
        assert page.status_code == 403
        assert "Nothing was stored" in text(page)
    assert empty.alerts()[0].life.is_open and empty.counts()["alert_events"] == 1, "that it came in, and nothing else"
    assert empty.patients()[0].label != "evil"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8420", "192.168.1.5:8420", "", "[", "127.0.0.1.evil.example"]
)
def test_a_foreign_name_for_this_machine_reads_nothing(filled: Store, host: str) -> None:
    for path in ("/", f"/patients/{WEAK}", "/healthz", "/static/pages.css"):
        page = Reader(filled).get(path, host=host)
        assert page.status_code == 421
        assert "P-01" not in page.text


@pytest.mark.parametrize("host", ["127.0.0.1:8420", "localhost:8420", "[::1]:8420", "localhost"])
def test_this_machines_own_names_are_served(filled: Store, host: str) -> None:
    assert Reader(filled).get("/", host=host).status_code == 200


def test_every_answer_carries_the_headers(filled: Store) -> None:
    reader = Reader(filled)
    for path in ("/", "/static/charts.js", "/nothing", "/healthz"):
        headers = reader.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "script-src 'self';" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "same-origin"
    assert reader.get("/").headers["cache-control"] == "no-store"


def test_pages_load_only_what_is_served_here(filled: Store) -> None:
    reader = Reader(filled)
    for path in ("/", f"/patients/{WEAK}", "/alerts"):
        links = re.findall(r'(?:src|href|action|data-plotly)="([^"]*)"', reader.get(path).text)
        assert links and all(link.startswith(("/", "#")) for link in links)
    (script,) = re.findall(r'data-plotly="([^"]*)"', reader.get(f"/patients/{WEAK}").text)
    answer = reader.get(script)
    assert "plotly.js" in answer.text[:200]
    assert "immutable" in answer.headers["cache-control"]


def test_every_page_says_whose_data_from_when_and_what_it_is_not(filled: Store) -> None:
    reader = Reader(filled)
    for path in ("/", f"/patients/{SILENT}", "/alerts", "/alerts/technical"):
        said = text(reader.get(path))
        assert "Data: Clinic North: 5 patients, newest message 25 seconds ago (2026-01-29 09:11+00:00)." in said
        assert "This page was made 2026-01-29 09:12+00:00." in said
        assert "Not an emergency alarm, not a diagnosis." in said


def test_a_line_that_is_down_is_told_on_every_page(filled: Store) -> None:
    line = Line(NOW_S - 600)
    reader = Reader(filled, line=line)
    assert "Broker not reachable. The broker has not answered yet. Since 2026-01-29 09:02+00:00." in text(
        reader.get("/")
    )
    line.up()
    assert "Broker not reachable" not in text(reader.get("/alerts"))
    line.down("Nothing answers at 127.0.0.1:1.", NOW_S - 300)
    line.down("Nothing answers at 127.0.0.1:1.", NOW_S - 60)
    said = text(reader.get(f"/patients/{WEAK}"))
    assert "Nothing answers at 127.0.0.1:1. Since 2026-01-29 09:07+00:00. Data on this page may be old." in said
    assert reader.get("/healthz").json()["broker"] == "not reachable"
    line.store_failed("The records cannot be written: disk full.", NOW_S - 10)
    assert "disk full. Since 2026-01-29 09:11" in text(reader.get("/"))
    assert "disk full" not in text(Reader(filled, NOW_S + DAY_S, line=line).get("/"))


def test_a_database_that_fails_is_told_in_words(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    with store._write() as connection:
        connection.exec_driver_sql("DROP TABLE alerts")
    page = Reader(store).get("/")
    store.close()
    assert page.status_code == 503
    assert "The records cannot be read" in text(page) and "Traceback" not in page.text


def test_a_surprise_is_a_page_too(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(filled), "patients", lambda self: 1 / 0)
    page = Reader(filled).get("/")
    assert page.status_code == 500
    assert "This should not have happened (ZeroDivisionError)" in text(page)
    assert "nosniff" in page.headers["x-content-type-options"]
    assert "What is stored is safe; this page cannot be shown." in text(page)


def test_a_form_that_failed_is_not_said_to_be_stored(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(filled), "acknowledge", lambda *_, **__: 1 / 0)
    (alert, *_) = filled.alerts(WEAK)
    form = {"gateway": WEAK, "alert_id": alert.alert.alert_id, "tier": alert.alert.tier, "who": "Dr. Ada"}
    page = Reader(filled).post("/acknowledge", form)
    assert page.status_code == 500
    assert "What you sent may not be stored" in text(page) and "is safe" not in text(page)


def test_a_day_too_thin_to_count_is_a_gap_whatever_it_measured(empty: Store) -> None:
    lived = story.days(3)
    thin = replace(lived[1], missing="worn 2.1 h of 6", worn_h=2.1)
    story.Home(WEAK).live(empty, NOW_S, [lived[0], thin, lived[2]])
    figure = figures(Reader(empty).get(f"/patients/{WEAK}"))["Walking speed"]
    traces = {one.get("name"): one for one in figure["data"]}
    assert [value is None for value in traces["Left"]["y"]] == [False, True, False]
    (wear,) = [one for one in figure["data"] if one["type"] == "bar"]
    assert wear["y"][1] == 2.1
    assert wear["marker"]["pattern"]["shape"] == ["", "x", ""]


def test_a_chart_without_a_number_says_so(filled: Store) -> None:
    drawn = figures(Reader(filled).get(f"/patients/{NEW}"))
    assert drawn["Foot lifting (L5 pattern)"]["layout"]["annotations"][0]["text"] == "cannot say yet"
    assert "annotations" not in drawn["Walking speed"]["layout"]
