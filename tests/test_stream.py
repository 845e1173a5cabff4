"""The stream of one sensor: every reading once, at its time; whatever a radio does, nothing overlaps or runs back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from packets import MICRO, MILLI, NANO, NUMBERED, START_S, TIMELESS, Sent, errors, sent, streamed
from surefoot.records import Gap, Samples
from surefoot.sensors.clock.stamps import Stamp
from surefoot.sensors.clock.stream import SensorStream, StreamParams
from surefoot.sensors.makers.product import Packet, Traits

TOUCH_S = 1e-6  # seconds since 1970 are kept to a quarter of a microsecond


def marks(sent: Sent, told: list[Samples | Gap]) -> np.ndarray:
    return np.concatenate([np.empty(0, int), *(sent.marks(item) for item in told if isinstance(item, Samples))])


def assert_lawful(told: list[Samples | Gap]) -> None:
    for item in told:
        assert item.end_s > item.start_s
    for a, b in pairwise(told):
        assert b.start_s >= a.end_s - TOUCH_S


# ---- every reading, once, as it was


@pytest.mark.parametrize("traits", [MILLI, MICRO, NANO, NUMBERED, TIMELESS], ids=["ms", "us", "ns", "numbers", "none"])
def test_without_loss_every_reading_arrives_in_order_with_its_value(traits):
    made = sent(np.random.default_rng(1), traits, 120.0, ppm=60.0, rate_off=0.004, delays="bursts")
    stream, told = streamed(made)
    assert_lawful(told)
    assert np.array_equal(marks(made, told), np.arange(len(made.true_s)))
    assert stream.readings == len(made.true_s) and stream.lost == 0 and stream.repeated == 0
    for block in (item for item in told if isinstance(item, Samples)):
        assert block.steps == (traits.acc_step_mps2, traits.gyr_step_dps)
        for values, step in zip((block.acc, block.gyr), block.steps, strict=True):
            counts = np.rint(values / step)
            assert np.array_equal(counts * step, values) and np.abs(counts).max() <= 32768
    gyr = np.concatenate([packet.gyr for _, packet in made.packets])
    heard = np.concatenate([item.gyr for item in told if isinstance(item, Samples)])
    assert np.abs(gyr - heard).max() <= 0.501 * traits.gyr_step_dps


@pytest.mark.parametrize("traits", [MILLI, MICRO, NUMBERED], ids=["ms", "us", "numbers"])
@pytest.mark.parametrize("delays", ["uniform", "stalls", "bursts"])
def test_every_loss_is_a_gap_that_says_how_many(traits, delays):
    made = sent(np.random.default_rng(2), traits, 150.0, ppm=80.0, ppm_per_h=5.0, lost=0.02, delays=delays)
    stream, told = streamed(made)
    assert_lawful(told)
    here = marks(made, told)
    missing = np.diff(here) - 1
    gaps = [item for item in told if isinstance(item, Gap) and "lost" in item.reason]
    assert [int(gap.reason.split()[0]) for gap in gaps] == missing[missing > 0].tolist()
    assert stream.lost == missing.sum() > 0
    known = [k for k, gap in enumerate(gaps) if gap.start_s > START_S + 60.0]
    lengths = np.array([gap.end_s - gap.start_s for gap in gaps])
    assert np.abs(lengths * traits.usual_rate_hz - missing[missing > 0])[known].max() < 1.0


# ---- at its time


@pytest.mark.parametrize("delays", ["uniform", "stalls", "bursts", "interval"])
def test_times_are_right_with_two_percent_lost(delays):
    off = []
    for side, fast in enumerate((80.0, -80.0)):
        made = sent(np.random.default_rng(side), MILLI, 600.0, ppm=fast, ppm_per_h=5.0, lost=0.02, delays=delays)
        stream, told = streamed(made)
        assert stream.ppm == pytest.approx(fast, abs=6.0)
        off.append(errors(made, told))
        assert np.quantile(np.abs(off[-1][1] - 0.004), 0.95) <= 0.005
    grid = START_S + np.arange(5.0, 590.0, 0.1)
    apart = np.interp(grid, *off[0]) - np.interp(grid, *off[1])
    assert np.quantile(np.abs(apart), 0.95) <= 0.008


def test_of_a_packet_in_parts_the_part_that_came_first_tells_the_time():
    """Also where ticks wrap; a part whose packet never comes, or that is nonsense, does no harm."""
    made = sent(np.random.default_rng(1), MICRO, 240.0, boot_s=2**32 * 1e-6 - 60.0, delays="none")
    rng = np.random.default_rng(2)
    streams = [SensorStream("left", "shank", MICRO, 104.0) for _ in range(2)]
    told: list[list[Samples | Gap]] = [[], []]
    at_s = 0.0
    for k, (sent_s, packet) in enumerate(made.packets[::8]):
        first_s, at_s = at_s + 1e-6, max(at_s, sent_s + 0.060 * (1 + rng.random()))
        first_s = max(first_s, sent_s + 0.060 * rng.random())
        tick = (packet.first_tick or 0) if k % 50 else int(rng.integers(2**32))
        streams[1].heed(first_s, Stamp(tick))
        if k % 20 == 7:
            continue
        for stream, out in zip(streams, told, strict=True):
            out += stream.update(at_s, packet)
    off = [errors(made, [*out, *stream.lose(at_s, "the end")])[1] for stream, out in zip(streams, told, strict=True)]
    assert np.median(off[0]) > 0.060 and abs(np.median(off[1]) - 0.004) < 0.002
    assert np.abs(np.diff(off[1])).max() < 0.006


def first_told_s(delays: str, traits: Traits = MICRO) -> float:
    made = sent(np.random.default_rng(3), traits, 60.0, delays=delays)
    stream = SensorStream("left", "shank", traits, traits.usual_rate_hz)
    return next(arrived for arrived, packet in made.packets if stream.update(arrived, packet)) - START_S


def test_times_are_told_soon_and_only_where_delays_hide_them_later():
    p = StreamParams()
    for delays in ("none", "interval", "turns", "bursts", "stalls"):
        assert first_told_s(delays) < p.hold.least_s + 1.0
    assert p.hold.least_s + 1.0 < first_told_s("uniform") < p.hold.most_s + 1.0
    assert first_told_s("uniform", TIMELESS) < p.hold.least_s + 1.0


def test_a_rate_off_by_a_percent_that_warms_up_is_followed():
    made = sent(np.random.default_rng(4), TIMELESS, 600.0, rate_off=-0.0074, warming=0.002, delays="bursts")
    _, told = streamed(made)
    assert_lawful(told)
    _, off = errors(made, told)
    assert np.quantile(np.abs(off - 0.004), 0.95) <= 0.008
    rates = {item.rate_hz for item in told if isinstance(item, Samples)}
    assert len(rates) <= 20
    assert min(rates) < 104.0 * (1 - 0.007) and len(marks(made, told)) == len(made.true_s)


def test_runs_are_long_once_the_clock_is_known():
    made = sent(np.random.default_rng(5), MILLI, 1200.0, ppm=80.0, ppm_per_h=5.0, delays="interval")
    _, told = streamed(made)
    rates = [item.rate_hz for item in told if isinstance(item, Samples) and item.start_s > START_S + 120]
    assert sum(a != b for a, b in pairwise(rates)) <= 2


def test_a_clock_that_wraps_goes_on():
    wraps_s = 2**32 * 1e-6
    made = sent(np.random.default_rng(6), MICRO, 60.0, boot_s=wraps_s - 30.0, delays="interval")
    ticks = [packet.first_tick for _, packet in made.packets]
    assert min(ticks) < 1e6 and max(ticks) > 2**32 - 1e6
    stream, told = streamed(made)
    assert np.array_equal(marks(made, told), np.arange(len(made.true_s))) and stream.lost == 0
    assert not any(isinstance(item, Gap) for item in told)


# ---- what radios and sensors do


def test_packets_out_of_order_are_put_right_and_repeated_ones_left_out():
    rng = np.random.default_rng(7)
    made = sent(rng, MILLI, 60.0, delays="none")
    order = np.arange(len(made.packets))
    for k in rng.choice(len(order) - 3, 40, replace=False):
        order[[k, k + 1]] = order[[k + 1, k]]
    times = [arrived for arrived, _ in made.packets]
    packets = []
    for k, n in enumerate(order.tolist()):
        packets += [(times[k], made.packets[n][1])] * (2 if k % 50 == 7 else 1)
    stream, told = streamed(replace(made, packets=packets))
    assert_lawful(told)
    assert np.array_equal(marks(made, told), np.arange(len(made.true_s)))
    assert stream.repeated == len([k for k in range(len(order)) if k % 50 == 7]) and stream.lost == 0


def test_a_repeated_packet_without_time_or_number_is_known_by_its_readings():
    made = sent(np.random.default_rng(8), TIMELESS, 20.0, delays="none")
    packets = [pair for k, pair in enumerate(made.packets) for _ in range(1 + (k == 99))]
    stream, told = streamed(replace(made, packets=packets))
    assert np.array_equal(marks(made, told), np.arange(len(made.true_s))) and stream.repeated == 1


def test_a_sensor_switched_off_and_on_begins_another_clock():
    rng = np.random.default_rng(9)
    first = sent(rng, MILLI, 60.0, ppm=50.0, boot_s=5000.0, delays="interval")
    second = sent(rng, MILLI, 60.0, ppm=50.0, boot_s=3.0, delays="interval")
    later = [(arrived + 70.0, packet) for arrived, packet in second.packets]
    _, told = streamed(replace(first, packets=first.packets + later))
    assert_lawful(told)
    blocks = [item for item in told if isinstance(item, Samples)]
    again = [b for b in blocks if b.start_s > START_S + 65.0]
    assert sum(map(len, again)) == len(second.true_s) and sum(map(len, blocks)) == 2 * len(first.true_s)
    assert again[0].start_s == pytest.approx(START_S + 70.0, abs=0.02)
    assert [item.reason for item in told if isinstance(item, Gap)] == ["the sensor started anew"]


def test_a_single_senseless_time_is_left_out():
    made = sent(np.random.default_rng(10), MILLI, 60.0, delays="interval")
    packets = list(made.packets)
    arrived, packet = packets[300]
    packets[300] = (arrived, Packet(packet.acc, packet.gyr, (packet.first_tick or 0) ^ 0x40000000))
    stream, told = streamed(replace(made, packets=packets))
    assert_lawful(told)
    assert stream.readings == len(made.true_s) - 8 and stream.lost == 8
    assert [item.reason for item in told if isinstance(item, Gap)] == ["8 readings lost"]


def test_a_lost_link_tells_what_was_received_and_goes_on_with_the_same_clock():
    made = sent(np.random.default_rng(11), MILLI, 120.0, ppm=80.0, delays="interval")
    stream = SensorStream("left", "shank", MILLI, 104.0)
    told, received = [], 0
    for k, (arrived, packet) in enumerate(made.packets):
        if 700 <= k < 900:  # 15 s
            if k == 700:
                told += stream.lose(arrived, "out of range")
                before = sum(len(item) for item in told if isinstance(item, Samples))
                assert before == received
            told += stream.quiet(arrived)
            continue
        told += stream.update(arrived, packet)
        received += len(packet)
    told += stream.lose(arrived, "the end")
    assert_lawful(told)
    assert stream.readings == received and stream.lost == 0
    gaps = [item for item in told if isinstance(item, Gap)]
    assert {gap.reason for gap in gaps} == {"out of range"} and len(gaps) > 5
    _, off = errors(made, told)
    assert np.abs(off - 0.004).max() < 0.006


def test_silence_is_told_while_it_lasts_and_late_readings_are_not_lost():
    made = sent(np.random.default_rng(12), MILLI, 60.0, delays="none")
    stream = SensorStream("left", "shank", MILLI, 104.0)
    told = [item for arrived, packet in made.packets[:400] for item in stream.update(arrived, packet)]
    held_s = made.packets[399][0]
    told += [item for k in range(7) for item in stream.quiet(held_s + k)]  # a radio that held seven seconds back
    assert not any(isinstance(item, Gap) for item in told)
    told += [item for _, packet in made.packets[400:480] for item in stream.update(held_s + 7.0, packet)]
    assert len(marks(made, told)) > 460 * 8
    silent = [item for k in range(1, 30) for item in stream.quiet(held_s + 7.0 + k)]
    assert_lawful(told + silent)
    gaps = [item for item in silent if isinstance(item, Gap)]
    assert len(gaps) > 10 and gaps[-1].end_s == pytest.approx(held_s + 36.0 - 8.0)
    assert {gap.reason for gap in gaps} == {"no readings come"}


def test_a_sensor_never_heard_of_does_not_keep_the_other_leg_waiting():
    stream = SensorStream("left", "shank", MILLI, 104.0)
    gaps = [item for k in range(20) for item in stream.quiet(START_S + k)]
    assert gaps[-1].end_s == pytest.approx(START_S + 19 - 8) and {g.reason for g in gaps} == {"not heard of yet"}
    assert_lawful(gaps)


# ---- the laws, whatever happens


@dataclass(frozen=True)
class Happening:
    """Packets lost, repeated, late, shuffled, with senseless times; links lost, sensors rebooted, silences."""

    traits: str
    seed: int
    seconds: float
    boot_s: float
    delays: str
    lost: float
    shuffled: bool
    odd: float

    def made(self) -> tuple[Sent, list[tuple[str, float, Packet | None]]]:
        rng, traits = np.random.default_rng(self.seed), ALL[self.traits]
        made = sent(rng, traits, self.seconds, lost=self.lost, delays=self.delays, boot_s=self.boot_s)
        packets, wrap, shift, at = made.packets, 1 << (traits.tick_bits or 64), 0, 0.0
        if self.shuffled:
            packets = [packets[k] for k in np.argsort(np.arange(len(packets)) + rng.uniform(0, 2.5, len(packets)))]
        events: list[tuple[str, float, Packet | None]] = []
        odd = rng.choice(7, len(packets), p=[1 - self.odd, *[self.odd / 6] * 6])
        for (arrived, packet), what in zip(packets, odd, strict=True):
            if what == 1:
                shift = int(rng.integers(0, 2**31))  # rebooted
            if packet.first_tick is not None:
                nonsense = int(rng.integers(0, 2**31)) if what == 2 else 0
                packet = replace(packet, first_tick=(packet.first_tick + shift + nonsense) % wrap)
            at = max(at, arrived) + (float(rng.uniform(0, 30)) if what == 3 else 0.0)
            events += [("packet", at, packet)] * (2 if what == 4 else 1)
            if what in (3, 5):
                events += [("quiet", at + k, None) for k in range(int(rng.integers(1, 20)))]
                at = events[-1][1]
            if what == 6:
                events.append(("lose", at, None))
        return made, [*events, ("lose", at, None)]


ALL = {"ms": MILLI, "us": MICRO, "ns": NANO, "numbers": NUMBERED, "none": TIMELESS}
happenings = st.builds(
    Happening,
    st.sampled_from(list(ALL)),
    st.integers(0, 2**32 - 1),
    st.sampled_from([5.0, 30.0]),
    st.sampled_from([0.0, 50.0, 2**32 * 1e-6 - 3]),
    st.sampled_from(["none", "uniform", "bursts"]),
    st.sampled_from([0.0, 0.1]),
    st.booleans(),
    st.sampled_from([0.0, 0.01, 0.1]),
)


def lived(stream: SensorStream, events: list[tuple[str, float, Packet | None]]) -> list[Samples | Gap]:
    told: list[Samples | Gap] = []
    for what, at, packet in events:
        if packet is not None:
            told += stream.update(at, packet)
        else:
            told += stream.quiet(at) if what == "quiet" else stream.lose(at, "link lost")
    return told


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(happenings)
def test_whatever_happens_nothing_overlaps_runs_back_or_comes_twice(happening):
    made, events = happening.made()
    stream = SensorStream("right", "foot", made.traits, made.traits.usual_rate_hz)
    told = lived(stream, events)
    assert_lawful(told)
    here = marks(made, told)
    assert stream.readings == len(here)
    if made.traits.tick_s is not None or made.traits.sequence_bits is None:
        assert len(np.unique(here)) == len(here) or made.traits is TIMELESS
    for item in told:
        assert (item.side, item.placement) == ("right", "foot")
        if isinstance(item, Samples):
            assert np.isfinite(item.acc).all() and 0.7 < item.rate_hz / made.traits.usual_rate_hz < 1.4


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(st.sampled_from(list(ALL)), st.integers(0, 2**32 - 1))
def test_how_often_it_is_asked_does_not_matter(name, seed):
    rng, traits = np.random.default_rng(seed), ALL[name]
    made = sent(rng, traits, 20.0, lost=0.05, delays="bursts")
    _, whole = streamed(made)
    stream, told = SensorStream("left", "shank", traits, traits.usual_rate_hz), []
    for (arrived, packet), (following, _) in pairwise([*made.packets, made.packets[-1]]):
        told += stream.update(arrived, packet)
        told += [item for t in np.sort(rng.uniform(arrived, following, rng.integers(0, 3))) for item in stream.quiet(t)]
    told += stream.lose(made.packets[-1][0], "the end")
    assert flat(told) == flat(whole)


def flat(told: list[Samples | Gap]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for item in told:
        if isinstance(item, Gap):
            rows.append((item.start_s, item.end_s, item.reason))
        else:
            rows.append((item.start_s, item.rate_hz, item.acc.tobytes(), item.gyr.tobytes()))
    return rows


# ---- a sensor that tells neither time nor number


@pytest.mark.parametrize("delays", ["interval", "bursts", "stalls"])
def test_what_a_sensor_without_time_and_number_lost_is_told_by_its_clock(delays):
    made = sent(np.random.default_rng(0), TIMELESS, 400.0, rate_off=-0.0074, lost=0.001, delays=delays)
    stream, told = streamed(made, ppm=-7454.0)
    assert_lawful(told)
    here = marks(made, told)
    lost = np.diff(here) - 1
    gaps = [item for item in told if isinstance(item, Gap)]
    assert stream.lost == lost.sum() > 20 and len(gaps) == np.count_nonzero(lost)
    _, off = errors(made, told)
    assert np.quantile(np.abs(off - 0.004), 0.95) <= 0.008
    at = np.array([made.true_s[k] for k in here[:-1][lost > 0]])
    assert np.abs(np.array([gap.start_s for gap in gaps]) - at).max() < 0.5


@pytest.mark.parametrize("seed", range(3))
def test_a_radio_that_is_late_makes_no_packet_missing(seed):
    for delays in ("interval", "bursts", "stalls"):
        made = sent(np.random.default_rng(seed), TIMELESS, 300.0, rate_off=0.004, delays=delays)
        stream, told = streamed(made)
        assert stream.lost == 0 and not any(isinstance(item, Gap) for item in told)
