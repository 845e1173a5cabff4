"""The ring: readings come back to the last bit, whatever stops the program; a replay sees what was seen live."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import made
from packets import MILLI, sent, streamed
from surefoot.pipeline.packed import UnreadableError, pack, pack_gap, together, unpack
from surefoot.pipeline.ring import Ring, RingParams
from surefoot.pipeline.segments import Segments, frames
from surefoot.records import Gap, Samples

Item = Samples | Gap
STEPS = (0.0047884, 0.0610352)
START_S = 1.8e9


def flat(items: list[Item]) -> list[tuple[object, ...]]:
    """Each sensor's items in order, to the last bit."""
    rows: list[tuple[object, ...]] = []
    for item in sorted(items, key=lambda item: (item.side, item.placement)):
        if isinstance(item, Gap):
            rows.append((item.side, item.placement, item.start_s, item.end_s, item.reason))
        else:
            values = item.acc.tobytes(), item.gyr.tobytes()
            rows.append((item.side, item.placement, item.start_s, item.rate_hz, item.steps, *values))
    return rows


def counted(rng: np.random.Generator, n: int, start_s: float, rate_hz: float = 104.0, side: str = "left") -> Samples:
    counts = rng.integers(-32768, 32768, (n, 6)) if rng.random() < 0.2 else rng.normal(0, 300, (n, 6)).astype(int)
    return Samples(side, "shank", start_s, rate_hz, counts[:, :3] * STEPS[0], counts[:, 3:] * STEPS[1], STEPS)  # type: ignore[arg-type]


def a_day(seconds: float = 30.0, seed: int = 0, side: str = "left") -> list[Item]:
    """Blocks of a fifth of a second, a gap now and then."""
    rng, items, at = np.random.default_rng(seed), list[Item](), START_S
    while at < START_S + seconds:
        if rng.random() < 0.05:
            items.append(Gap(side, "shank", at, at + 0.5, "8 readings lost"))  # type: ignore[arg-type]
            at += 0.5
        items.append(counted(rng, int(rng.integers(1, 40)), at, side=side))
        at = items[-1].end_s
    return items


def kept(folder: Path, items: list[Item], **settings: object) -> Ring:
    ring = Ring(folder, **settings)  # type: ignore[arg-type]
    for item in items:
        ring.keep(item)
    return ring


# ---- packing


@settings(max_examples=60, deadline=None)
@given(made.samples())
def test_any_readings_come_back_to_the_last_bit(block):
    assert flat(unpack(pack([block]))) == flat([block])  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_counts_come_back_to_the_last_bit_cut_as_they_were(seed, blocks):
    rng = np.random.default_rng(seed)
    rate_hz = float(rng.uniform(20, 500))
    made_up = [counted(rng, int(rng.integers(1, 50)), START_S + float(rng.uniform(0, 1e6)), rate_hz)]
    for _ in range(blocks - 1):
        made_up.append(counted(rng, int(rng.integers(1, 50)), made_up[-1].end_s, rate_hz))
    assert all(together(a, b) for a, b in pairwise(made_up))
    packed = pack(made_up)
    assert flat(unpack(packed)) == flat(list(made_up))
    assert len(packed) < 100 + 15 * sum(map(len, made_up))  # as counts: numbers take 48 bytes


def test_what_does_not_follow_on_is_not_packed_together():
    rng = np.random.default_rng(0)
    first = counted(rng, 20, START_S)
    assert not together(first, counted(rng, 20, first.end_s + 0.001))
    assert not together(first, counted(rng, 20, first.end_s, 104.001))
    assert not together(first, counted(rng, 20, first.end_s, side="right"))


def test_readings_of_a_stream_take_less_than_half(tmp_path):
    rng = np.random.default_rng(1)
    counts = np.rint(np.column_stack([rng.normal(0, 3, (3120, 3)), rng.normal(0, 6, (3120, 3))])) + 0.0
    blocks = [
        Samples("left", "shank", START_S + k, 104.0, counts[a:b, :3] * STEPS[0], counts[a:b, 3:] * STEPS[1], STEPS)
        for k, (a, b) in enumerate((104 * k, 104 * k + 104) for k in range(30))
    ]
    ring = kept(tmp_path, list(blocks))
    ring.close()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 0.45 * 3120 * 12


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 2**32 - 1))
def test_other_bytes_are_refused(data, seed):
    rng = np.random.default_rng(seed)
    packed = bytearray(pack([counted(rng, 30, START_S)]))
    packed[int(rng.integers(0, len(packed)))] ^= int(rng.integers(1, 256))
    for garbage in (data, bytes(packed), pack_gap(Gap("left", "foot", 1.0, 2.0, "x"))[:8]):
        try:
            unpack(garbage)
        except UnreadableError:
            continue


# ---- keeping


def test_what_was_kept_comes_back_each_sensors_in_order(tmp_path):
    left, right = a_day(seed=1), a_day(seed=2, side="right")
    both = sorted([*left, *right], key=lambda item: item.end_s)
    kept(tmp_path, both).close()
    ring = Ring(f"file://{tmp_path}")
    assert flat(list(ring.items(0, 1e11))) == flat(both) and not ring.damage and not ring.trouble
    some = list(ring.items(START_S + 10, START_S + 12))
    assert flat(some) == flat([i for i in both if i.end_s > START_S + 10 and i.start_s < START_S + 12])


def test_a_growing_gap_is_kept_as_one(tmp_path):
    pieces = [Gap("left", "shank", START_S + k, START_S + k + 1, "out of range") for k in range(45)]
    kept(tmp_path, [*pieces, Gap("left", "shank", START_S + 45, START_S + 46, "the end")]).close()
    found = list(Ring(tmp_path).items(0, 1e11))
    assert [(gap.start_s, gap.end_s) for gap in found] == [(START_S, START_S + 45), (START_S + 45, START_S + 46)]


def test_long_blocks_and_empty_ones(tmp_path):
    long = counted(np.random.default_rng(3), 70_000, START_S)
    kept(tmp_path, [long, counted(np.random.default_rng(3), 0, long.end_s)]).close()
    found = [item for item in Ring(tmp_path).items(0, 1e11) if isinstance(item, Samples)]
    assert np.array_equal(np.concatenate([block.acc for block in found]), long.acc) and len(found) == 3


def test_oldest_files_go_first_when_there_are_too_many_bytes(tmp_path):
    items = a_day(400.0)
    most = 150_000
    ring = kept(tmp_path, items, keep_bytes=most)
    ring.close()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= most
    found = list(Ring(tmp_path).items(0, 1e11))
    assert len(found) > 10
    assert flat(found) == flat(items[-len(found) :])


def test_files_older_than_the_days_kept_go(tmp_path):
    now, params = a_day(10.0), RingParams(segment_s=600.0)
    kept(tmp_path, now, keep_days=1, params=params).close()
    for later_s in (3600.0, 86400.0 + 1200.0):
        block = counted(np.random.default_rng(4), 104, START_S + later_s)
        kept(tmp_path, [block], keep_days=1, params=params).close()
    starts = Ring(tmp_path).starts_s()
    assert starts == [START_S + 3600.0, START_S + 86400.0 + 1200.0]


def test_what_a_clock_recorded_that_stood_ahead_goes_first_and_today_stays(tmp_path):
    """The file that grows is not the last by its name then: removed, it would be written into nowhere."""
    rng, params = np.random.default_rng(5), RingParams(segment_s=60.0)
    kept(tmp_path, [counted(rng, 104, START_S + 3652 * 86400.0)], params=params).close()
    today = [counted(rng, 104, START_S + k) for k in range(300)]
    ring = kept(tmp_path, today, keep_bytes=70_000, params=params)
    ring.flush()
    starts = Ring(tmp_path).starts_s()
    assert starts[-1] < START_S + 300 and len(starts) > 1, "they went before any of today"
    newest = [item.end_s for item in ring.items(0, START_S + 1000.0)][-1]
    assert newest == pytest.approx(today[-1].end_s)
    kept(tmp_path, [counted(rng, 104, START_S + 3652 * 86400.0)], keep_days=9999).close()
    while ring.give_room(1):
        pass
    assert Ring(tmp_path).starts_s() == [starts[-1]], "all but the file that grows"
    ring.keep(counted(rng, 104, START_S + 301))
    ring.close()
    assert [item.end_s for item in Ring(tmp_path).items(0, 1e11)][-1] == pytest.approx(START_S + 302)


def test_a_file_that_gives_way_while_it_is_read_is_read_past(tmp_path):
    params = RingParams(segment_s=10.0)
    ring = kept(tmp_path, a_day(60.0), params=params)
    items = ring.items(0, 1e11)
    first = next(items)
    while ring.give_room(1):
        pass
    rest = list(items)
    assert first.start_s == START_S and rest and rest[-1].start_s > START_S + 45.0
    ring.close()


def test_only_its_owner_may_read(tmp_path):
    kept(tmp_path / "raw", a_day(3.0)).close()
    assert (tmp_path / "raw").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "raw").iterdir()} == {0o600}


# ---- what goes wrong


@pytest.mark.parametrize("cut", [1, 7, 13, 100])
def test_a_file_cut_off_loses_its_last_frame_only(tmp_path, cut):
    items = a_day(20.0)
    kept(tmp_path, items).close()
    (path,) = tmp_path.iterdir()
    os.truncate(path, path.stat().st_size - cut)
    ring = Ring(tmp_path)
    found = list(ring.items(0, 1e11))
    assert flat(found) == flat(items[: len(found)]) and found[-1].end_s > items[-1].end_s - 2.5
    assert [damaged.cut_off for damaged in ring.damage] == [True]


def test_rot_inside_a_file_is_told_and_read_past(tmp_path):
    items = a_day(60.0)
    kept(tmp_path, items).close()
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)
    ring = Ring(tmp_path)
    found = flat(list(ring.items(0, 1e11)))
    whole = flat(items)
    assert 0 < len(whole) - len(found) <= 12 and set(found) < set(whole)
    assert [damaged.cut_off for damaged in ring.damage] == [False]


def test_a_new_start_never_writes_into_an_old_file(tmp_path):
    items = a_day(5.0)
    kept(tmp_path, items).close()
    (path,) = tmp_path.iterdir()
    os.truncate(path, path.stat().st_size - 3)
    before = path.read_bytes()
    kept(tmp_path, items).close()
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 2


FULL = """
    import resource, signal, sys
    import numpy as np
    sys.path.insert(0, {tests!r})
    import logging
    from test_ring import a_day
    from surefoot.pipeline.ring import Ring
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    logging.basicConfig(stream=sys.stdout, format="%(message)s")
    ring = Ring({folder!r})
    items = a_day(30.0)
    for k, item in enumerate(items):
        if k == len(items) // 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (ring._segments.open_bytes + 700, resource.RLIM_INFINITY))
        if k == 2 * len(items) // 3:
            assert ring.trouble and ring.unkept > 100, (ring.trouble, ring.unkept)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        ring.keep(item)
    ring.close()
    assert not ring.trouble
"""


def test_where_nothing_can_be_written_it_says_so_and_goes_on_when_it_can(tmp_path):
    done = child(FULL.format(tests=str(Path(__file__).parent), folder=str(tmp_path / "raw")))
    out, err = done.communicate(timeout=300)
    assert done.returncode == 0, err
    assert "the raw readings cannot be kept" in out and "the raw readings are kept again" in out
    ring, items = Ring(tmp_path / "raw"), a_day(30.0)
    found = flat(list(ring.items(0, 1e11)))
    assert not ring.damage and set(found) < set(flat(items))
    assert found[0] == flat(items)[0] and found[-1] == flat(items)[-1]


WRITER = """
    import sys, time
    sys.path.insert(0, {tests!r})
    from test_ring import a_day
    from surefoot.pipeline.ring import Ring
    ring = Ring({folder!r}, keep_bytes=400_000)
    for item in a_day(100_000.0):
        ring.keep(item)
        sys.stdout.write(f"{{item.end_s!r}}\\n")
        sys.stdout.flush()
"""


def child(code: str) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], **pipes)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment_it_loses_a_second_at_most(tmp_path, seed):
    rng = np.random.default_rng(seed)
    writer = child(WRITER.format(tests=str(Path(__file__).parent), folder=str(tmp_path)).replace("100_000.0", "2000.0"))
    assert writer.stdout
    first = writer.stdout.readline()
    time.sleep(float(rng.uniform(0.0, 0.25)))
    writer.send_signal(signal.SIGKILL)
    rest, _ = writer.communicate()
    last_s = float((first + rest[: rest.rfind("\n") + 1]).splitlines()[-1])
    ring = Ring(tmp_path)
    found = list(ring.items(0, 1e11))
    assert all(damaged.cut_off for damaged in ring.damage)
    items = a_day(2000.0)
    begin = next(k for k, item in enumerate(items) if item.start_s == found[0].start_s) if found else 0
    assert flat(found) == flat(items[begin : begin + len(found)])
    assert (found[-1].end_s if found else START_S) >= last_s - 1.5
    kept(tmp_path, items[:50]).close()  # it opens


# ---- what the stream gives


def test_what_a_stream_told_is_kept_as_counts(tmp_path):
    _, told = streamed(sent(np.random.default_rng(9), MILLI, 30.0, ppm=50.0, lost=0.02, delays="stalls"))
    kept(tmp_path, told).close()
    assert flat(list(Ring(tmp_path).items(0, 1e11))) == flat(told)
    kinds = {
        content[0] for segment in Segments(tmp_path).all() for content in frames(segment) if isinstance(content, bytes)
    }
    assert kinds <= {1, 3}
