"""Messages: what goes in comes out, and what is not ours is refused with its reason."""

from __future__ import annotations

import base64
import json
import math
import re
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import made
from made import HOME, OTHER
from surefoot.alerts import bodies, messages
from surefoot.alerts.bodies import (
    AlertBody,
    AnswerBody,
    BoutBody,
    CheckInBody,
    DayBody,
    IncidentBody,
    StatusBody,
    TestBody,
    TreatmentBody,
)
from surefoot.alerts.messages import (
    LARGEST_INCIDENT,
    LARGEST_MESSAGE,
    Ack,
    Refused,
    Rejection,
    ack_payload,
    ack_topic,
    read_ack,
    read_up,
    sendable,
    up_payload,
    up_topic,
)
from surefoot.alerts.snippet import SampleBlock
from surefoot.pipeline.measures import DAY_MEASURES
from surefoot.pipeline.roots import ROOTS
from surefoot.records import SIDES, Answer, CheckIn, DayMetric, Incident, Samples, Treatment

PAGE = Path(__file__).parents[1] / "docs" / "mqtt.md"


def through_the_wire(kind, body):
    message = read_up(up_topic(HOME, kind), up_payload(HOME, 7, kind, body.json_text()))
    assert not isinstance(message, Refused), message.reason
    assert (message.gateway, message.seq, message.kind) == (HOME, 7, kind)
    assert message.body.json_text() == body.json_text()
    return message.body


@given(made.bouts)
def test_a_bout_comes_back(bout):
    assert through_the_wire("bout", BoutBody.of(bout)).record() == bout


@given(made.alerts)
def test_an_alert_comes_back_with_its_evidence(alert):
    assert through_the_wire("alert", AlertBody.of(alert)).record() == alert


@given(made.days, st.lists(made.trends, max_size=4).map(tuple))
def test_a_day_comes_back_with_its_trends(day, trends):
    body = through_the_wire("day", DayBody.of_day(day, trends))
    assert body.summary.record() == day
    assert tuple(trend.record() for trend in body.trends) == trends


@given(made.incidents)
def test_an_incident_comes_back_with_its_signal(incident):
    back = through_the_wire("incident", IncidentBody.of(incident)).record()
    assert back == incident
    assert len(back.snippet) == len(incident.snippet)
    for sent, got in zip(incident.snippet, back.snippet, strict=True):
        assert (got.side, got.placement, got.start_s, got.rate_hz) == (
            sent.side,
            sent.placement,
            sent.start_s,
            sent.rate_hz,
        )
        for before, after in ((sent.acc, got.acc), (sent.gyr, got.gyr)):
            assert np.abs(after - before).max() <= max(np.abs(before).max() / 32767, 2.0**-20)


@given(made.answers)
def test_an_answer_comes_back(answer):
    assert through_the_wire("answer", AnswerBody.of(answer)).record() == answer


@given(made.check_ins)
def test_a_check_in_comes_back(told):
    assert through_the_wire("checkin", CheckInBody.of(told)).record() == told


@given(made.treatments)
def test_a_treatment_comes_back(treatment):
    assert through_the_wire("treatment", TreatmentBody.of(treatment)).record() == treatment


@pytest.mark.parametrize("pain", [-1, 11, 4.5, True, "4"])
def test_a_pain_that_is_none_is_refused(pain):
    body = json.loads(CheckInBody.of(made.check_in(3)).json_text()) | {"pain": pain}
    payload = json.dumps(GOOD | {"kind": "checkin", "body": body}).encode()
    refused = read_up(up_topic(HOME, "checkin"), payload)
    assert isinstance(refused, Refused) and "pain" in refused.reason


@given(made.tests)
def test_a_guided_test_comes_back(test):
    assert through_the_wire("test", TestBody.of(test)).record() == test


@given(made.samples())
def test_a_snippet_read_and_written_again_is_the_same_bytes(samples):
    once = SampleBlock.of(samples)
    assert SampleBlock.of(once.samples()) == once


def test_numpy_numbers_travel_as_plain_ones():
    bout = made.bout(1)
    other = type(bout)(np.float64(bout.start_s), bout.end_s, np.int64(20), 21, np.float32(104.5), bout.speed_mps)
    assert BoutBody.of(other).json_text() == BoutBody.of(bout).json_text()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_do_not_leave(number):
    bout = made.bout(1)
    with pytest.raises(ValueError, match="finite"):
        BoutBody.of(type(bout)(number, bout.end_s, 1, 1))
    with pytest.raises(ValueError, match="sensor"):
        SampleBlock.of(Samples("left", "shank", 0.0, 100.0, np.full((4, 3), number), np.zeros((4, 3))))


GOOD = {"v": 1, "gateway": HOME, "seq": 7, "kind": "bout", "body": json.loads(BoutBody.of(made.bout(1)).json_text())}


def spoiled(**changes):
    return json.dumps(GOOD | changes).encode()


BAD = {
    "version": (spoiled(v=2), "v"),
    "extra field": (spoiled(patient="Jane"), "patient"),
    "extra field inside": (spoiled(body=GOOD["body"] | {"note": "x"}), "note"),
    "field missing": (spoiled(body={"start_s": 1.0}), "end_s"),
    "NaN": (spoiled(body=GOOD["body"] | {"start_s": math.nan}), "finite"),
    "infinity": (spoiled(body=GOOD["body"] | {"start_s": math.inf}), "finite"),
    "too large a number": (spoiled().replace(b"104.5", b"1e999"), "finite"),
    "number as text": (spoiled(body=GOOD["body"] | {"start_s": "1"}), "start_s"),
    "negative count": (spoiled(body=GOOD["body"] | {"left_strides": -1}), "left_strides"),
    "another gateway": (spoiled(gateway=OTHER), "gateway"),
    "another kind": (spoiled(kind="day"), "summary"),
    "unknown kind": (spoiled(kind="song"), "kind"),
    "half a message": (spoiled()[:-5], "JSON"),
    "too large": (spoiled() + b" " * LARGEST_MESSAGE, "bytes"),
    "deep": (b'{"seq":7,' + b'"a":' + b"[" * 5000 + b"]" * 5000 + b"}", ""),
    "half a character": (spoiled(body=GOOD["body"] | {"x": "?"}).replace(b"?", b"\xc3"), ""),
}


@pytest.mark.parametrize("payload, reason", BAD.values(), ids=BAD)
def test_what_is_wrong_is_refused_with_its_reason_and_number(payload, reason):
    refused = read_up(up_topic(HOME, "bout"), payload)
    assert isinstance(refused, Refused)
    assert reason in refused.reason
    assert (refused.gateway, refused.seq) == (HOME, 7)


def test_a_good_message_is_not_refused():
    assert not isinstance(read_up(up_topic(HOME, "bout"), spoiled()), Refused)


@pytest.mark.parametrize("seq", [0, -1, 2**63, 1.5, "7", None, True])
def test_a_number_that_is_none_is_refused(seq):
    refused = read_up(up_topic(HOME, "bout"), spoiled(seq=seq))
    assert isinstance(refused, Refused)
    assert refused.seq is None


@pytest.mark.parametrize(
    "topic",
    [
        "surefoot/v1/x/up/bout",
        f"surefoot/v1/{HOME}/up/song",
        f"surefoot/v1/{HOME}/up/bout/x",
        f"surefoot/v1/{HOME}/up/bout\n",
    ],
)
def test_a_strange_topic_is_refused(topic):
    assert isinstance(read_up(topic, spoiled()), Refused)


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_no_bytes_bring_the_reader_down(payload):
    assert isinstance(read_up(up_topic(HOME, "day"), payload), Refused)
    assert read_ack(ack_topic(HOME), payload) is None


@settings(max_examples=200)
@given(st.integers(0, len(spoiled()) - 1), st.integers(0, 255))
def test_no_flipped_byte_brings_the_reader_down(place, value):
    payload = bytearray(spoiled())
    payload[place] = value
    read_up(up_topic(HOME, "bout"), bytes(payload))


def test_a_bomb_is_not_inflated():
    block = json.loads(SampleBlock.of(made.signal(1.0)).model_dump_json())
    for size in (0, 5, 100 * 12 + 1, 30_000_000):
        bomb = base64.b64encode(zlib.compress(bytes(size), 9)).decode()
        body = json.loads(IncidentBody.of(made.incident(1)).json_text()) | {"snippet": [block | {"data": bomb}]}
        payload = spoiled(kind="incident", body=body)
        tracemalloc.start()
        refused = read_up(up_topic(HOME, "incident"), payload)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert isinstance(refused, Refused)
        assert peak < 1_000_000
        assert "100 samples" in refused.reason or "unpacked" in refused.reason


def test_a_long_snippet_is_shortened_around_its_middle_until_it_fits():
    snippet = tuple(made.signal(40, 200, 990.0, side) for side in ("left", "right"))
    text = sendable("incident", IncidentBody.of(made.incident(1, snippet)))
    assert text is not None
    assert len(up_payload(HOME, 2**63 - 1, "incident", text)) <= LARGEST_INCIDENT
    kept = IncidentBody.model_validate_json(text).record().snippet
    assert {block.side for block in kept} == {"left", "right"}
    for block in kept:
        assert block.start_s < 1000.0 < 1000.6 < block.end_s
        assert block.end_s - block.start_s > 5


def test_a_usual_snippet_is_sent_whole():
    snippet = tuple(made.signal(10.6, 100, 995.0, side) for side in ("left", "right"))
    body = IncidentBody.of(made.incident(1, snippet))
    assert sendable("incident", body) == body.json_text()


def test_a_day_with_every_number_and_trend_there_is_fits_in_its_message():
    """Each of them as long as it gets, so that a measure more does not keep days at home."""
    metrics, trends = [], []
    for measure in DAY_MEASURES:
        for side in SIDES if measure.per_side else (None,):
            metrics.append(DayMetric(side, measure.name, -1234.5678901234567, 12_345, "x" * 60))
            trends.append(
                replace(made.trend(metric=measure.name), side=side, value=-1234.5678901234567, reason="x" * 60)
            )
    trends += [replace(made.trend(metric=f"{root}_composite"), side=side) for root in ROOTS for side in SIDES]
    body = DayBody.of_day(replace(made.day(1), metrics=tuple(metrics)), tuple(trends))
    text = sendable("day", body)
    assert text == body.json_text() and len(text) > LARGEST_MESSAGE, "else a smaller limit would do"
    through_the_wire("day", body)


def test_an_alert_always_fits():
    evidence = tuple(made.trend(metric=f"metric_{n}" * 7) for n in range(64))
    body = AlertBody.of(made.alert("a", evidence=evidence))
    text = sendable("alert", body)
    assert text is not None
    assert len(body.json_text()) > LARGEST_MESSAGE >= len(up_payload(HOME, 2**63 - 1, "alert", text))
    assert len(AlertBody.model_validate_json(text).evidence) > 20


def test_the_answer_comes_back():
    payload = ack_payload(HOME, [1, 2], [Rejection(seq=3, reason="no")])
    ack = read_ack(ack_topic(HOME), payload)
    assert ack == Ack(v=1, gateway=HOME, stored=(1, 2), rejected=(Rejection(seq=3, reason="no"),))
    assert read_ack(ack_topic(OTHER), payload) is None


def examples():
    """Every message as the code makes it, for the page."""
    start_s = 1_768_900_000.0
    readings = np.arange(12.0).reshape(4, 3)
    snippet = (Samples("left", "shank", start_s, 20.0, readings - 9.81, 10 * readings),)
    around = (("right", "initial", start_s - 0.6), ("left", "final", start_s - 0.1))
    evidence = (("drop_dps", 210.5),)
    incident = Incident("giving_way", "left", start_s, start_s + 0.6, "probable", evidence, snippet, around)
    answer = Answer("giving_way", "left", start_s, "gave_way", "patient", start_s + 30)
    told = CheckIn("2026-01-20", start_s + 3e4, "patient", 4, (), ("saddle_numbness", "bladder_or_bowel"))
    treatment = Treatment("injection", "2026-01-19")
    test = replace(made.guided_test(1), start_s=start_s + 1e4, end_s=start_s + 1e4 + 12.5)
    rejection = Rejection(seq=44, reason="bout.body.start_s: Input should be a finite number")
    return {
        "alert": up_payload(HOME, 41, "alert", AlertBody.of(made.alert("weakness-left-2026-01-20")).json_text()),
        "incident": up_payload(HOME, 42, "incident", IncidentBody.of(incident).json_text()),
        "day": up_payload(HOME, 43, "day", DayBody.of_day(made.day(20), (made.trend(),)).json_text()),
        "bout": up_payload(HOME, 44, "bout", BoutBody.of(made.bout(1)).json_text()),
        "status": up_payload(
            HOME,
            None,
            "status",
            StatusBody(
                link="up", pending=3, oldest=41, newest=60, at_s=1768930000.0, faults=("disk_full",)
            ).json_text(),
        ),
        "answer": up_payload(HOME, 45, "answer", AnswerBody.of(answer).json_text()),
        "checkin": up_payload(HOME, 47, "checkin", CheckInBody.of(told).json_text()),
        "treatment": up_payload(HOME, 48, "treatment", TreatmentBody.of(treatment).json_text()),
        "test": up_payload(HOME, 46, "test", TestBody.of(test).json_text()),
        "down/ack": ack_payload(HOME, [41, 42, 43], [rejection]),
    }


def without_deflated(message):
    """Libraries deflate differently; what they mean is compared by reading it."""
    for block in message.get("body", {}).get("snippet", ()):
        block["data"] = SampleBlock.model_validate(block).samples().acc.tolist()
    return message


@pytest.mark.parametrize("name, payload", examples().items())
def test_the_page_shows_the_message_as_the_code_makes_it(name, payload):
    shown = [without_deflated(json.loads(text)) for text in re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.S)]
    assert without_deflated(json.loads(payload)) in shown


def test_the_page_names_every_topic_and_field():
    page = PAGE.read_text()
    models = [*vars(messages).values(), *vars(bodies).values(), SampleBlock]
    fields = {field for model in models if hasattr(model, "model_fields") for field in model.model_fields}
    kinds = {*messages.KINDS, "down/ack"}
    assert len(fields) > 50
    assert sorted(word for word in fields | kinds if f"`{word}`" not in page) == []
    assert f"{LARGEST_MESSAGE:,}" in page
    assert f"{LARGEST_INCIDENT:,}" in page
