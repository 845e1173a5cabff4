"""The recordings of a Movella DOT: its published messages, and a walk out of range that is fetched afterwards."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.records import Array
from surefoot.sensors.makers import dotlog
from surefoot.sensors.makers.dot import PRODUCT as DOT
from surefoot.sensors.makers.dotlog import NOTICE, DotDownload, frame, unframe
from surefoot.sensors.makers.product import Logged, Packet, ProductError
from surefoot.simulation.ankle_dot import DotFirmware
from surefoot.simulation.firmware import Sent
from wired import Wire

# Movella DOT BLE Service Specification, XD0506P revision C (the last is derived from its rules).
SAID = {
    "01 01 02 FC": (dotlog.STATE, ""),
    "01 01 41 BD": (dotlog.STOP, ""),
    "01 02 60 01 9C": (dotlog.FILE_INFO, "01"),
    "01 09 74 00 01 05 06 07 08 09 0A 54": (dotlog.SELECT, "00 01 05 06 07 08 09 0A"),
    "01 02 70 07 86": (dotlog.FILE_DATA, "07"),
    "01 01 62 9C": (dotlog.FILE_INFO_END, ""),
    "01 03 01 06 02 F3": (dotlog.ACK, "06 02"),
    "01 03 01 00 41 BA": (dotlog.ACK, "00 41"),
    "01 04 01 00 60 01 99": (dotlog.ACK, "00 60 01"),
    "01 04 01 00 70 07 83": (dotlog.ACK, "00 70 07"),
    "01 0B 01 00 74 00 01 05 06 07 08 09 0A 51": (dotlog.ACK, "00 74 00 01 05 06 07 08 09 0A"),
    "01 07 40 DF 50 3B 5B 08 07 E4": (dotlog.START, "DF 50 3B 5B 08 07"),  # its printed checksum, E0, is wrong
    "01 04 74 00 07 08 78": (dotlog.SELECT, "00 07 08"),
}
MISPRINT = "01 07 40 DF 50 3B 5B 08 07 E0"
OTHER_SERVICES = ("02 07 01 CC BB AA CD 22 D4 02", "02 02 51 04 A7", "03 01 04 F8")  # synchronising, settings
EXPORTED = ("01 55 71 00000000 75A766A8 1A3D643E", "01 55 71 01000000 90E866A8 4BA7673E")  # the beginnings of two
FILE_INFO = "01 81 61 6F636552 80000000 0001"  # the beginning


@pytest.mark.parametrize(("text", "meaning"), SAID.items())
def test_the_published_messages(text: str, meaning: tuple[int, str]) -> None:
    re_id, data = meaning[0], bytes.fromhex(meaning[1])
    assert frame(re_id, data) == bytes.fromhex(text)
    assert unframe(bytes.fromhex(text)) == (re_id, data) == unframe(bytes.fromhex(text).ljust(160, b"\0"))


def test_what_is_no_recording_message_is_none() -> None:
    for text in (MISPRINT, *OTHER_SERVICES, *EXPORTED, FILE_INFO, "", "01", "01 00 FF"):
        assert unframe(bytes.fromhex(text)) is None


def test_the_published_beginnings_of_an_export() -> None:
    packets = [struct.unpack_from("<IIf", bytes.fromhex(text), 3) for text in EXPORTED]
    assert [number for number, _, _ in packets] == [0, 1] and packets[1][1] - packets[0][1] == 16667
    assert [bytes.fromhex(text)[2] for text in EXPORTED] == [dotlog.FILE_DATA_IS] * 2
    magic, size = struct.unpack_from("<II", bytes.fromhex(FILE_INFO), 3)
    assert (magic, size) == (dotlog.FILE_MAGIC, 128) and bytes.fromhex(FILE_INFO)[2] == dotlog.FILE_INFO_IS


@given(st.binary(max_size=170))
def test_any_bytes_are_a_message_or_none(data: bytes) -> None:
    heard = unframe(data)
    assert heard is None or frame(*heard) == data[: 4 + len(heard[1])]


# ---- a walk out of range


ALL = 16 * 60  # readings that are recorded


def walked(**settings: bool) -> tuple[Wire, list[Packet], Logged]:
    """Four seconds near, eight out of range, four near again; recorded all the while. The live packets come too."""
    wire = Wire(DotFirmware(**settings))
    wire.perform(DOT.start(60))
    wire.perform(DOT.logbook().start(1_790_000_000))
    wire.run(4.0)
    wire.part()
    wire.run(8.0)
    wire.join()
    wire.perform(DOT.start(60))
    wire.run(4.0)
    live = [thing for thing in wire.heard if isinstance(thing, Packet)]
    wire.perform(DOT.stop())
    wire.perform(DOT.logbook().stop())
    (logged,) = wire.perform(DOT.logbook().recordings())
    return wire, live, logged


def test_what_was_lost_out_of_range_arrives_later_exactly() -> None:
    wire, live, logged = walked()
    assert logged == Logged(1, 1_790_000_000)
    download = DOT.logbook().fetch(logged, 60)
    wire.perform(download.script())
    later = by_tick(download.packets())
    assert download.packets() == []
    assert later.keys() >= {tick for p in live for tick in by_tick([p])}
    assert_as_measured(wire, later, missing=2)
    near = by_tick(live)
    assert len(near) == 2 * 240 - 4
    for tick, reading in near.items():
        np.testing.assert_array_equal(reading, later[tick])


LOSSES: dict[str, Callable[[int, int], bool]] = {  # (which time it is sent, its number): whether it is lost
    "one": lambda turn, number: turn == 0 and number == 377,
    "the first": lambda turn, number: turn == 0 and number == 0,
    "the last": lambda turn, number: turn == 0 and number == ALL - 1,
    "the last four": lambda turn, number: turn == 0 and number >= ALL - 4,
    "one and when it is sent again": lambda turn, number: turn < 3 and number == 377,
    "a stretch, twice": lambda turn, number: turn < 2 and 300 <= number < 500,
    "the end, and what shows that it is": lambda turn, number: turn < 3 and number >= ALL - 3 + (turn == 0),
    "one in fifty": lambda turn, number: (number * 7919 + turn * 104729) % 50 == 0,
}


@pytest.mark.parametrize("lost", LOSSES)
def test_a_lost_packet_is_asked_again(lost: str) -> None:
    wire, _, logged = walked()
    turns: dict[int, int] = {}

    def lose(sent: Sent) -> bool:
        heard = unframe(sent.data) if sent.uuid == NOTICE else None
        if heard is None or heard[0] != dotlog.FILE_DATA_IS:
            return False
        number = int.from_bytes(heard[1][:4], "little")
        turns[number] = turns.get(number, -1) + 1
        return LOSSES[lost](turns[number], number)

    wire.lose = lose
    download = DOT.logbook().fetch(logged, 60)
    wire.perform(download.script())
    assert max(turns.values()) > 0
    if lost.startswith("one and"):  # seen by what comes instead of it, long before the end
        assert sum(turns.values()) < 100
    assert_as_measured(wire, by_tick(download.packets()), missing=2)


def test_packets_on_their_way_when_one_is_asked_again_are_no_loss() -> None:
    wire, _, logged = walked()
    late: list[list[Sent]] = []
    plain = wire.take
    numbers: list[int] = []

    def take(sent: list[Sent]) -> None:
        """Twenty beats later, or when nothing more comes."""
        late.append(sent)
        numbers.extend(int.from_bytes(notice.data[3:7], "little") for notice in sent)
        while late and (len(late) > 20 or wire.firmware.rate_hz is None):
            plain(late.pop(0))

    wire.take = take  # type: ignore[method-assign]
    missed = iter([True, *[False] * 10])
    wire.lose = lambda sent: sent.data[2] == dotlog.FILE_DATA_IS and sent.data[3:7] == b"\x64\0\0\0" and next(missed)
    download = DOT.logbook().fetch(logged, 60)
    wire.perform(download.script())
    assert_as_measured(wire, by_tick(download.packets()), missing=2)
    assert numbers.count(100) == 2  # asked again once


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.02, 0.1, 0.3]))
@settings(max_examples=25)
def test_whatever_notices_are_lost_what_comes_is_right(seed: int, share: float) -> None:
    """All of it, or the beginning of it and a word that the rest did not come."""
    wire = Wire(DotFirmware())
    wire.perform(DOT.logbook().start(1_790_000_000))
    wire.run(4.0)
    wire.perform(DOT.logbook().stop())
    chance = np.random.default_rng(seed)
    wire.lose = lambda sent: bool(chance.random() < share)
    download = DOT.logbook().fetch(Logged(1, 0), 60)
    try:
        wire.perform(download.script())
        whole = True
    except ProductError:
        whole = False
    acc = np.concatenate([np.zeros((0, 3)), *(p.acc for p in download.packets())])
    assert len(acc) > 238 - 4 or not whole  # its last ones can be lost each time they are sent
    np.testing.assert_array_equal(acc, wire.acc[2 : 2 + len(acc)])


@pytest.mark.parametrize("kind", [dotlog.FILE_DATA_END, dotlog.FILE_DATA_IS])
def test_damaged_notices_are_as_lost(kind: int) -> None:
    wire, _, logged = walked()
    seen = 0

    def take(sent: list[Sent], plain: Callable[[list[Sent]], None] = wire.take) -> None:
        nonlocal seen
        for notice in sent:
            heard = unframe(notice.data) if notice.uuid == NOTICE else None
            if heard and heard[0] == kind and (seen := seen + 1) == 1:
                notice = Sent(notice.uuid, notice.data[:-1] + bytes([notice.data[-1] ^ 4]))
            plain([notice])

    wire.take = take  # type: ignore[method-assign]
    download = DOT.logbook().fetch(logged, 60)
    wire.perform(download.script())
    assert seen > 1
    assert_as_measured(wire, by_tick(download.packets()), missing=2)


def test_a_download_goes_on_when_the_link_comes_back() -> None:
    wire, _, logged = walked()
    download = DOT.logbook().fetch(logged, 60)
    script = download.script()
    step = next(script)
    for _ in range(700):
        step = script.send(wire._do(step))
    script.close()
    first = by_tick(download.packets())
    assert 300 < len(first) < 900
    wire.part()
    wire.join()
    before = len(wire.sent)
    wire.perform(download.script())
    rest = by_tick(download.packets())
    assert not first.keys() & rest.keys() and len(wire.sent) - before < ALL - 200
    assert_as_measured(wire, first | rest, missing=2)


def test_an_export_that_hangs_is_stopped_and_begun_anew() -> None:
    wire, _, logged = walked()
    script = DOT.logbook().fetch(logged, 60).script()
    step = next(script)
    for _ in range(300):
        step = script.send(wire._do(step))
    download = DOT.logbook().fetch(logged, 60)  # the sensor is still handing out
    wire.perform(download.script())
    assert_as_measured(wire, by_tick(download.packets()), missing=2)


def test_what_never_comes_is_given_up_and_told() -> None:
    wire, _, logged = walked()
    wire.lose = lambda sent: sent.uuid == NOTICE and unframe(sent.data)[1][:4] == struct.pack("<I", 50)  # type: ignore[index]
    download = DOT.logbook().fetch(logged, 60)
    with pytest.raises(ProductError, match="packet 50 did not come"):
        wire.perform(download.script())
    assert len(by_tick(download.packets())) == 48
    wire.lose = lambda sent: sent.uuid == NOTICE
    with pytest.raises(ProductError, match="did not come"):
        wire.perform(DOT.logbook().fetch(logged, 60).script())


def test_readings_that_the_sensor_calls_invalid_are_a_hole() -> None:
    wire, _, logged = walked()
    memory = wire.firmware.memory  # type: ignore[attr-defined]
    plain = memory._packet
    bad = lambda number: frame(dotlog.FILE_DATA_BAD, unframe(plain(number))[1])  # type: ignore[index]  # noqa: E731
    memory._packet = lambda number: bad(number) if number in (100, 101) else plain(number)
    download = DOT.logbook().fetch(logged, 60)
    wire.perform(download.script())
    packets = download.packets()
    assert_as_measured(wire, by_tick(packets), missing=4)
    assert [len(p) for p in packets[:3]] == [60, 38, 22]


def test_a_recording_longer_than_its_clock_wraps() -> None:
    download = DotDownload(1, 60)
    ticks = np.rint(np.arange(400) * 1e6 / 60 + 2**32 - 3_000_000).astype(np.int64) % 2**32
    for k, tick in enumerate(ticks):
        download._take(dotlog.FILE_DATA_IS, struct.pack("<I6f", tick, *([k / 10] * 6)))
    packets = download.packets()
    assert sum(map(len, packets)) == 398 and [len(p) for p in packets] == [60] * 6 + [38]


def test_a_memory_that_is_busy_is_waited_for_and_one_that_records_is_not_read() -> None:
    wire, _, logged = walked()
    wire.perform(DOT.logbook().start(1_790_000_100))
    wire.perform(DOT.logbook().start(1_790_000_200))  # it does already
    with pytest.raises(ProductError, match="stop that first"):
        wire.perform(DOT.logbook().fetch(logged, 60).script())
    with pytest.raises(ProductError, match="stop that first"):
        wire.perform(DOT.logbook().recordings())
    wire.perform(DOT.logbook().stop())
    assert [r.start_utc_s for r in wire.perform(DOT.logbook().recordings())] == [1_790_000_000, 1_790_000_100]
    wire.perform(DOT.logbook().erase(1_790_000_300))
    assert wire.perform(DOT.logbook().recordings()) == ()


def test_one_that_cannot_record_while_it_streams_says_so() -> None:
    wire = Wire(DotFirmware(both=False))
    wire.perform(DOT.start(60))
    with pytest.raises(ProductError, match="busy"):
        wire.perform(DOT.logbook().start(1_790_000_000))
    wire.perform(DOT.stop())
    wire.perform(DOT.logbook().start(1_790_000_000))
    with pytest.raises(ProductError, match="recording"):
        wire.perform(DOT.start(60))


def test_a_full_memory_stops_and_keeps_what_it_has() -> None:
    wire = Wire(DotFirmware())
    wire.firmware.memory._room = 300  # type: ignore[attr-defined]
    wire.perform(DOT.logbook().start(1_790_000_000))
    wire.run(10.0)
    assert wire.firmware.rate_hz is None
    download = DOT.logbook().fetch(*wire.perform(DOT.logbook().recordings()), 60)
    wire.perform(download.script())
    assert sum(map(len, download.packets())) == 271 - 2
    with pytest.raises(ProductError, match="full"):
        wire.perform(DOT.logbook().start(1_790_000_100))
    wire.perform(DOT.logbook().erase(1_790_000_200))
    wire.perform(DOT.logbook().start(1_790_000_300))
    assert wire.firmware.rate_hz == 60


def test_an_empty_recording_has_nothing() -> None:
    wire = Wire(DotFirmware())
    wire.perform(DOT.logbook().start(1_790_000_000))
    wire.perform(DOT.logbook().stop())
    download = DOT.logbook().fetch(Logged(1, 0), 60)
    wire.perform(download.script())
    assert download.packets() == []


def by_tick(packets: list[Packet]) -> dict[int, tuple[float, ...]]:
    """Each reading under the device's own time of it."""
    found = {}
    for packet in packets:
        for k in range(len(packet)):
            tick = (packet.first_tick or 0) + k * 1e6 / 60
            found[round(tick * 60 / 1e6)] = (*packet.acc[k], *packet.gyr[k])
    return found


def assert_as_measured(wire: Wire, later: dict[int, tuple[float, ...]], missing: int) -> None:
    """Every reading that was measured while it recorded, but for so many."""
    measured: dict[int, tuple[Array, Array]] = {}
    for at_s, acc, gyr in wire.measured[:ALL]:
        measured[round(at_s * 60)] = acc[0], gyr[0]
    assert len(measured) == ALL == len(later) + missing and later.keys() <= measured.keys()
    for tick, reading in later.items():
        np.testing.assert_array_equal(reading, np.concatenate(measured[tick]))
