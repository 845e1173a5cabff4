"""Products: every one of them, by one test, through its own firmware, script and bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import byhand
from surefoot.records import SurefootError
from surefoot.sensors.makers.product import Battery, ProductError, Seen, Stopped, Tapped
from surefoot.sensors.makers.products import PRODUCTS, product
from surefoot.simulation.ankles import FIRMWARE, firmware

KEYS = [known.key for known in PRODUCTS]


def streaming(key, **settings):
    hand = byhand.Hand(firmware(key, **settings))
    hand.perform(hand.firmware.product.start(hand.firmware.product.traits.usual_rate_hz))
    return hand


@pytest.mark.parametrize("key", KEYS)
def test_readings_arrive_as_they_were_measured(key):
    hand = streaming(key)
    traits = product(key).traits
    acc, gyr = byhand.tape(traits, 600)
    assert hand.firmware.rate_hz == pytest.approx(traits.usual_rate_hz, rel=traits.rate_tolerance)
    for k in range(0, 600, 7):
        hand.measure(acc[k : k + 7], gyr[k : k + 7], 5 + k / hand.firmware.rate_hz)
    got = hand.readings()
    assert not hand.malformed
    assert 600 - 2 * traits.readings_per_packet <= len(got) <= 600
    grid = np.repeat([traits.acc_step_mps2, traits.gyr_step_dps], 3)
    sent = np.hstack([acc, gyr])
    off = [np.abs(got - sent[late:][: len(got)]).max(axis=0) for late in range(min(3, 601 - len(got)))]  # rubbish first
    assert any((worst <= 1e-6 * grid).all() for worst in off)


@pytest.mark.parametrize("key", KEYS)
def test_packets_tell_when_they_were_measured(key):
    traits = product(key).traits
    if traits.tick_s is None:
        return
    hand = streaming(key)
    acc, gyr = byhand.tape(traits, 600)
    hand.measure(acc, gyr, 5.0)
    rate_hz = hand.firmware.rate_hz
    before = np.cumsum([0, *(len(p) for p in hand.packets)])[:-1]
    told_s = np.array([p.first_tick - hand.packets[0].first_tick for p in hand.packets]) * traits.tick_s
    assert np.abs(told_s - before / rate_hz).max() <= 1.01 * traits.tick_s + 1e-6
    if traits.sequence_bits:
        assert [p.sequence for p in hand.packets] == list(range(len(hand.packets)))


@pytest.mark.parametrize("key", KEYS)
def test_nothing_comes_after_the_stop_and_again_after_the_next_start(key):
    hand = streaming(key)
    traits = product(key).traits
    acc, gyr = byhand.tape(traits, 300)
    hand.measure(acc, gyr, 1.0)
    hand.perform(product(key).stop())
    assert hand.firmware.rate_hz is None
    hand.heard.clear()
    hand.measure(acc, gyr, 10.0)
    assert hand.heard == []
    hand.decoder = product(key).decoder(traits.usual_rate_hz)
    hand.perform(product(key).start(traits.usual_rate_hz))
    hand.measure(acc, gyr, 20.0)
    assert len(hand.readings()) >= 300 - 2 * traits.readings_per_packet


@pytest.mark.parametrize("key", KEYS)
def test_a_lost_link_leaves_it_ready_for_the_next(key):
    hand = streaming(key)
    traits = product(key).traits
    acc, gyr = byhand.tape(traits, 300)
    hand.measure(acc[:100], gyr[:100], 1.0)
    hand.firmware.part()
    if not traits.streams_on:
        assert hand.firmware.rate_hz is None
    again = byhand.Hand(hand.firmware)
    again.perform(product(key).start(traits.usual_rate_hz))
    again.measure(acc, gyr, 60.0)
    assert not again.malformed
    assert len(again.readings()) >= 300 - 2 * traits.readings_per_packet


@pytest.mark.parametrize("key", KEYS)
def test_what_it_can_do_is_what_it_says_it_can(key):
    hand, known = streaming(key, battery=64), product(key)
    script = known.battery()
    assert (script is not None) == known.traits.battery
    if script is not None:
        assert hand.perform(script) == pytest.approx(64, abs=15)  # some tell steps, or volts
    assert (known.blink() is not None) == known.traits.identify
    if known.traits.identify:
        hand.perform(known.blink())
    try:
        assert (known.logbook() is not None) == known.traits.log
    except ProductError as not_built:
        assert known.traits.log and not_built.remedy
    assert known.traits.usual_rate_hz in known.traits.rates_hz
    assert known.service in {service.uuid for service in hand.firmware.services}
    for service in hand.firmware.services:
        for uuid in (service.uuid, *(c.uuid for c in service.characteristics)):
            assert uuid == uuid.lower() and len(uuid) == 36


@pytest.mark.parametrize("key", KEYS)
def test_it_is_recognised_by_what_it_advertises_and_by_nothing_else(key):
    shown = firmware(key).advert
    seen = Seen(shown.name, shown.services, tuple(shown.makers))
    assert [other.key for other in PRODUCTS if other.is_seen(seen)] == [key]
    assert not product(key).is_seen(Seen(None, ()))
    assert not product(key).is_seen(Seen("Somebody's headphones", ("0000180f-0000-1000-8000-00805f9b34fb",)))


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_bytes_are_heard(key, data):
    known = product(key)
    hand = streaming(key)
    acc, gyr = byhand.tape(known.traits, 120)
    valid = hand.firmware.measure(acc, gyr, 1.0)
    uuids = sorted({c.uuid for service in hand.firmware.services for c in service.characteristics})
    for _ in range(5):
        real = data.draw(st.sampled_from(valid))
        cut = data.draw(st.integers(0, len(real.data)))
        given_bytes = data.draw(
            st.one_of(st.binary(max_size=260), st.binary(max_size=8).map(lambda tail, r=real, c=cut: r.data[:c] + tail))
        )
        uuid = data.draw(st.one_of(st.just(real.uuid), st.sampled_from(uuids)))
        byhand.any_heard(hand.decoder.update(uuid, given_bytes), known.traits)


@pytest.mark.parametrize("key", KEYS)
def test_readings_beyond_its_range_are_counted(key):
    hand = streaming(key)
    traits = product(key).traits
    acc, gyr = byhand.tape(traits, 400)
    acc[200:210, 1] = -2 * traits.acc_range_mps2
    gyr[300:305, 2] = 2 * traits.gyr_range_dps
    hand.measure(acc, gyr, 0.0)
    assert sum(p.clipped for p in hand.packets) == 15
    assert not hand.malformed


def test_keys_and_names_are_each_product_s_own():
    assert len({known.key for known in PRODUCTS}) == len({known.name for known in PRODUCTS}) == len(PRODUCTS)
    assert set(KEYS) <= set(FIRMWARE)
    assert all(known.key == known.key.lower() for known in PRODUCTS)


def test_a_key_of_no_product_names_those_there_are():
    with pytest.raises(SurefootError, match="open"):
        product("abacus")


def test_what_else_the_open_sensor_says_comes_with_its_packets():
    hand = streaming("open", battery=80)
    acc, gyr = byhand.tape(product("open").traits, 100)
    hand.firmware.tap()
    hand.measure(acc, gyr, 0.0)
    hand.take(hand.firmware.drain(0))
    kinds = [type(h) for h in hand.heard if isinstance(h, (Battery, Tapped, Stopped))]
    assert kinds == [Battery, Tapped, Battery, Stopped]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("cut", [1, 3, 8, 50])
def test_a_firmware_sends_the_same_however_its_readings_are_handed_to_it(key, cut):
    acc, gyr = byhand.tape(product(key).traits, 400)
    whole, pieces = streaming(key), streaming(key)
    rate_hz = whole.firmware.rate_hz
    sent = [s for k in range(0, 400, cut) for s in pieces.measure(acc[k : k + cut], gyr[k : k + cut], 7 + k / rate_hz)]
    assert sent == whole.measure(acc, gyr, 7.0)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("off", [0.98, 1.02])
def test_a_chip_off_its_rate_cuts_no_packets(key, off):
    """One reading after the other, by a chip that is faster or slower than it was asked to be."""
    hand = streaming(key)
    acc, gyr = byhand.tape(product(key).traits, 400)
    rate_hz = off * hand.firmware.rate_hz
    for k in range(400):
        hand.measure(acc[k : k + 1], gyr[k : k + 1], 7 + k / rate_hz)
    assert len(hand.readings()) >= 400 - 2 * product(key).traits.readings_per_packet
    assert len({len(p) for p in hand.packets}) <= 1
    if tick_s := product(key).traits.tick_s:
        told_s = np.diff([p.first_tick for p in hand.packets]) * tick_s
        assert told_s == pytest.approx(len(hand.packets[0]) / rate_hz, abs=1.01 * tick_s)


USEFUL = [(p.key, rate_hz) for p in PRODUCTS for rate_hz in p.traits.rates_hz if rate_hz >= 10]  # no steps below


@pytest.mark.parametrize(("key", "rate_hz"), USEFUL)
def test_every_rate_it_says_it_has_can_be_asked_for(key, rate_hz):
    hand = byhand.Hand(firmware(key))
    hand.perform(product(key).start(rate_hz))
    hand.decoder = product(key).decoder(rate_hz)
    assert hand.firmware.rate_hz == pytest.approx(rate_hz, rel=product(key).traits.rate_tolerance)
    acc, gyr = byhand.tape(product(key).traits, 200)
    hand.measure(acc, gyr, 0.0)
    assert len(hand.readings()) >= 100 and not hand.malformed


@pytest.mark.parametrize("key", KEYS)
def test_a_rate_it_does_not_have_is_refused_with_what_to_do(key):
    hand = byhand.Hand(firmware(key))
    with pytest.raises(ProductError) as refused:
        hand.perform(product(key).start(37.0))
    assert refused.value.remedy and "37" in refused.value.what


@pytest.mark.parametrize("key", KEYS)
def test_its_packets_fit_the_mtu_it_says_it_needs(key):
    traits = product(key).traits
    takes = {"mtu": traits.mtu} if key in {"open", "polar"} else {}
    hand = streaming(key, **takes)
    acc, gyr = byhand.tape(traits, 300)
    assert max(map(len, hand.measure(acc, gyr, 0.0))) <= traits.mtu - 3
