"""The simulated radio: what virtual ankles send arrives through bleak, exactly; and each fault is what it says."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
from bleak import BleakAdapter, BleakClient, BleakScanner
from bleak.backends.adapter import BaseBleakAdapter
from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bumble import hci
from bumble.link import LocalLink

from aired import in_virtual_time
from onair import LEFT, RATE_HZ, RIGHT, Ear, Place, begin, place
from surefoot.sensors.makers.openpacket import BATTERY_LEVEL, BLINK, CONTROL, DATA, INFO, PRODUCT, START, STOP
from surefoot.sensors.makers.product import Battery, MalformedPacket, Stopped
from surefoot.simulation import backend
from surefoot.simulation.air import Faults
from surefoot.simulation.ankle import Ankle, Cell
from surefoot.simulation.ankle_open import OpenFirmware
from surefoot.simulation.chip import Chip
from surefoot.simulation.firmware import Characteristic, Sent, Service


async def streamed(here: Place, seconds: float, addresses: tuple[str, ...] = (LEFT, RIGHT)) -> dict[str, Ear]:
    """What plain clients hear of these ankles in so long, and a little more for what is under way."""
    ears = {address: Ear() for address in addresses}

    async def hear(device: object) -> None:
        async with here.client(device) as client:
            await begin(client, ears[device.address])
            await asyncio.sleep(seconds)
            await client.write_gatt_char(CONTROL, bytes([STOP]))
            await asyncio.sleep(1.0)

    await asyncio.gather(*(hear(device) for device in await here.find(*addresses)))
    return ears


def sent(ankle: Ankle) -> np.ndarray:
    return np.hstack([ankle.sent.acc, ankle.sent.gyr])


# ---- without faults


def test_every_reading_of_two_ankles_arrives_in_order_with_its_exact_value() -> None:
    async def main() -> None:
        async with place(seconds=660) as here:
            ears = await streamed(here, 600.0)
            for ankle in (here.left, here.right):
                ear = ears[ankle.address]
                assert len(ear.readings) >= 600 * RATE_HZ - 10
                np.testing.assert_array_equal(ear.readings, sent(ankle))
                assert [packet.sequence for packet in ear.packets] == list(range(len(ear.packets)))
                ticks = np.array([packet.first_tick for packet in ear.packets])
                np.testing.assert_allclose(np.diff(ticks), 1e6 * 10 / RATE_HZ, atol=1)
                assert ankle.radio.unheard == 0

    in_virtual_time(main())


def test_readings_are_the_motion_at_the_time_they_were_taken() -> None:
    async def main() -> None:
        async with place() as here:
            await streamed(here, 10.0)
            at_s = here.left.sent.at_s
            felt = here.left._tape._rows[np.rint(at_s * RATE_HZ).astype(int)]
            np.testing.assert_array_equal(sent(here.left), felt)
            np.testing.assert_allclose(np.diff(at_s), 1 / RATE_HZ, atol=1e-9)

    in_virtual_time(main())


def test_a_run_repeats_to_the_last_byte_and_the_last_microsecond() -> None:
    def fingerprint(seed: int) -> str:
        async def main() -> str:
            faults = Faults(lost=0.02, repeated=0.02, cut=0.01, garbled=0.01, swapped=0.02, jitter_s=0.2, unheard=0.3)
            async with place(faults, seed=seed, clock_ppm=80.0) as here:
                ears = await streamed(here, 20.0)
                return hashlib.sha256(repr([(a, ears[a].arrivals) for a in (LEFT, RIGHT)]).encode()).hexdigest()

        return in_virtual_time(main())

    assert fingerprint(1) == fingerprint(1)
    assert fingerprint(1) != fingerprint(2)


def test_a_scanner_hears_names_services_and_strength() -> None:
    async def main() -> None:
        async with place() as here:
            here.air.rssi_dbm[RIGHT] = -85.0
            scanner = BleakScanner(backend=here.kit.scanner)
            async with scanner:
                await asyncio.sleep(1.0)
            told = scanner.discovered_devices_and_advertisement_data
            assert set(told) == {LEFT, RIGHT}
            for _, advertisement in told.values():
                assert advertisement.local_name == "Surefoot 01"
                assert advertisement.service_uuids == [PRODUCT.service]
            assert told[LEFT][1].rssi > told[RIGHT][1].rssi + 10
            other = await BleakScanner.discover(1.0, service_uuids=["180d"], backend=here.kit.scanner)
            assert other == []

    in_virtual_time(main())


# ---- faults on air


@pytest.mark.parametrize("fault", ["lost", "repeated", "cut", "garbled", "swapped"])
def test_a_fault_of_notifications_is_as_frequent_as_asked_and_nothing_else_happens(fault: str) -> None:
    async def main() -> None:
        async with place(Faults(**{fault: 0.1}), seconds=120) as here:
            ear = (await streamed(here, 100.0, (LEFT,)))[LEFT]
            befell, made = here.air.tally[fault], here.left.radio.packets
            assert 0.06 * made < befell < 0.14 * made
            assert sum(here.air.tally.values()) == befell
            numbers = np.array([packet.sequence for packet in ear.packets])
            match fault:
                case "lost":
                    assert len(numbers) == made - befell
                    assert np.sum(np.diff(numbers) - 1) + made - 1 - numbers[-1] + numbers[0] == befell
                case "repeated":
                    assert len(numbers) == made + befell == made + np.sum(np.diff(numbers) == 0)
                case "cut":
                    assert sum(isinstance(item, MalformedPacket) for item in ear.heard) == befell
                case "garbled":
                    whole = [data for _, data in ear.arrivals]
                    assert len({len(data) for data in whole}) == 2  # the first has the battery with it
                    assert len(numbers) < made or not np.array_equal(ear.readings, sent(here.left))
                case "swapped":
                    assert sorted(numbers) == list(range(made))
                    assert np.sum(np.diff(numbers) == -1) == befell

    in_virtual_time(main())


def test_jitter_delays_what_is_sent_and_keeps_its_order() -> None:
    async def main() -> None:
        async with place(Faults(jitter_s=0.2)) as here:
            ear = (await streamed(here, 30.0, (LEFT,)))[LEFT]
            np.testing.assert_array_equal(ear.readings, sent(here.left))
            late_s = ear.times_s - here.left.sent.at_s[9::10]
            assert late_s.min() > -1e-6
            assert late_s.max() < 0.2
            assert late_s.std() > 0.03

    in_virtual_time(main())


def test_a_long_connection_interval_makes_bursts() -> None:
    async def main() -> None:
        async with place(Faults(interval_s=0.24)) as here:
            ear = (await streamed(here, 20.0, (LEFT,)))[LEFT]
            np.testing.assert_array_equal(ear.readings, sent(here.left))
            steps = np.diff(ear.times_s) / 0.24
            np.testing.assert_allclose(steps, np.rint(steps), atol=1e-6)
            assert np.mean(steps < 0.5) > 0.5

    in_virtual_time(main())


def test_turns_by_chance_bring_all_that_waits() -> None:
    async def main() -> None:
        async with place(Faults(turns_s=0.4)) as here:
            ear = (await streamed(here, 30.0, (LEFT,)))[LEFT]
            np.testing.assert_array_equal(ear.readings, sent(here.left))
            steps = np.diff(ear.times_s)
            assert 0.2 < steps.max() < 0.6 and np.mean(steps < 1e-6) > 0.2  # some turns find nothing
            assert len(np.unique(steps.round(3))) > 30

    in_virtual_time(main())


def test_a_slow_connection_takes_its_time_and_a_short_patience_ends_it() -> None:
    async def main() -> None:
        async with place(Faults(latency_s=0.15)) as here:
            (device,) = await here.find(LEFT)
            with pytest.raises(TimeoutError):
                await here.client(device).connect(timeout=1.0)
            client = here.client(device)
            began_s = asyncio.get_running_loop().time()
            await client.connect()
            assert asyncio.get_running_loop().time() - began_s > 3.0
            ear = Ear()
            await begin(client, ear)
            await asyncio.sleep(5.0)
            assert len(ear.packets) > 40
            await client.disconnect()

    in_virtual_time(main())


# ---- links


def test_a_broken_link_is_told_at_once_and_the_same_client_connects_again() -> None:
    async def main() -> None:
        async with place() as here:
            (device,) = await here.find(LEFT)
            gone: list[float] = []
            client = here.client(device, lambda _: gone.append(asyncio.get_running_loop().time()))
            await client.connect()
            await asyncio.sleep(3.0)
            broke_s = asyncio.get_running_loop().time()
            here.left.lose_link()
            await asyncio.sleep(0.01)
            assert gone == [broke_s]
            assert not client.is_connected
            with pytest.raises(BleakError, match="Service Discovery has not been performed"):
                await client.read_gatt_char(INFO)
            await client.connect()
            assert asyncio.get_running_loop().time() - broke_s < 0.5
            assert client.is_connected
            await client.disconnect()
            assert len(gone) == 2
            await client.disconnect()  # says nothing

    in_virtual_time(main())


def test_out_of_range_for_long_loses_the_link_and_for_a_moment_loses_nothing() -> None:
    async def main() -> None:
        async with place() as here:
            left, right = await here.find(LEFT, RIGHT)
            ears = [Ear(), Ear()]
            clock = asyncio.get_running_loop().time
            gone: list[float] = []
            client, other = here.client(left, lambda _: gone.append(clock())), here.client(right)
            for each, ear in zip((client, other), ears, strict=True):
                await each.connect()
                await begin(each, ear)
            await asyncio.sleep(5.0)
            here.left.out_of_range(1.5)
            await asyncio.sleep(5.0)
            assert not gone
            assert max(np.diff(ears[0].times_s)) > 1.4
            np.testing.assert_array_equal(ears[0].readings, sent(here.left))
            left_s = clock()
            here.left.out_of_range(10.0)
            await asyncio.sleep(3.0)
            assert gone == [pytest.approx(left_s + 2.0)]
            with pytest.raises(TimeoutError):
                await client.connect(timeout=3.0)
            assert clock() == pytest.approx(left_s + 6.0)
            await client.connect(timeout=20.0)
            assert left_s + 10.0 < clock() < left_s + 10.5
            np.testing.assert_array_equal(ears[1].readings, sent(here.right))
            await asyncio.gather(client.disconnect(), other.disconnect())

    in_virtual_time(main())


def test_a_sensor_sent_away_again_stays_away_for_as_long_as_was_said_last() -> None:
    async def main() -> None:
        async with place() as here:
            here.left.out_of_range(1.0)
            await asyncio.sleep(0.5)
            here.left.out_of_range(5.0)
            heard = await BleakScanner.discover(4.0, backend=here.kit.scanner)
            assert [device.address for device in heard] == [RIGHT]
            heard = await BleakScanner.discover(2.0, backend=here.kit.scanner)
            assert {device.address for device in heard} == {LEFT, RIGHT}

    in_virtual_time(main())


def test_what_a_sensor_cannot_keep_while_it_is_not_heard_is_lost() -> None:
    async def main() -> None:
        async with place() as here:
            here.air.room = 5
            device = (await here.find(LEFT))[0]
            ear = Ear()
            async with here.client(device) as client:
                await begin(client, ear)
                await asyncio.sleep(2.0)
                here.left.out_of_range(1.5)
                await asyncio.sleep(5.0)
            overflowed = here.air.tally["overflowed"]
            assert overflowed >= 8
            numbers = [packet.sequence for packet in ear.packets]
            assert np.sum(np.diff(numbers) - 1) == overflowed

    in_virtual_time(main())


@pytest.mark.parametrize("after_s", [0.0, 0.2, 0.9, 2.5])
def test_a_link_that_breaks_while_it_is_made_ends_the_attempt(after_s: float) -> None:
    async def main() -> None:
        async with place(Faults(latency_s=0.1)) as here:
            (device,) = await here.find(LEFT)
            client = here.client(device)
            attempt = asyncio.create_task(client.connect())
            while not here.left.is_connected:
                await asyncio.sleep(0.01)
            await asyncio.sleep(after_s)
            here.left.lose_link()
            with pytest.raises(BleakError, match="disconnected"):
                await attempt
            assert not client.is_connected
            await client.connect()
            await client.disconnect()

    in_virtual_time(main())


def test_a_link_that_breaks_while_something_is_read_ends_the_reading() -> None:
    async def main() -> None:
        async with place() as here:
            (device,) = await here.find(LEFT)
            client = here.client(device)
            await client.connect()
            here.air.set_faults(LEFT, Faults(latency_s=0.5))
            reading = asyncio.create_task(client.read_gatt_char(INFO))
            await asyncio.sleep(0.1)
            here.left.lose_link()
            with pytest.raises(BleakError, match="disconnected"):
                await reading

    in_virtual_time(main())


def test_an_attempt_that_is_called_off_leaves_nothing_behind() -> None:
    async def main() -> None:
        async with place() as here:
            left, right = await here.find(LEFT, RIGHT)
            here.left.out_of_range(30.0)
            attempt = asyncio.create_task(here.client(left).connect())
            await asyncio.sleep(1.0)
            attempt.cancel()
            with pytest.raises(asyncio.CancelledError):
                await attempt
            async with here.client(right) as client:
                assert client.is_connected
            await asyncio.sleep(40.0)
            assert not here.left.is_connected

    in_virtual_time(main())


def test_a_sensor_nobody_hears_is_not_found_by_its_address() -> None:
    async def main() -> None:
        async with place() as here:
            with pytest.raises(BleakDeviceNotFoundError):
                await BleakClient("C0:00:00:00:00:99", timeout=3.0, backend=here.kit.client).connect()
            async with BleakClient(LEFT, backend=here.kit.client) as client:
                assert await client.read_gatt_char(BATTERY_LEVEL) == b"\x64"

    in_virtual_time(main())


def test_a_sensor_refuses_in_the_words_of_its_protocol() -> None:
    async def main() -> None:
        async with place() as here:
            (device,) = await here.find(LEFT)
            async with here.client(device) as client:
                for code, data in ((0x0D, bytes([START])), (0x80, b"\x77"), (0x81, bytes([START, 1, 0]))):
                    with pytest.raises(BleakGATTProtocolError) as refused:
                        await client.write_gatt_char(CONTROL, data)
                    assert refused.value.args[0] == code
                with pytest.raises(BleakGATTProtocolError, match="Write Not Permitted"):
                    await client.write_gatt_char(INFO, b"\0", response=True)
                with pytest.raises(BleakGATTProtocolError, match="Read Not Permitted"):
                    await client.read_gatt_char(DATA)

    in_virtual_time(main())


class Careless(OpenFirmware):
    """Answers whatever is asked."""

    def read(self, uuid: str) -> bytes:
        return b"anything"

    def write(self, uuid: str, data: bytes) -> list[Sent]:
        return []


class Faulty(OpenFirmware):
    def read(self, uuid: str) -> bytes:
        raise ZeroDivisionError


CONFIRMED = "696c0009-c4a2-43ad-bdff-987caf4a15b7"


class Confirmed(OpenFirmware):
    """Says with an indication how often it was asked to blink."""

    @property
    def services(self) -> tuple[Service, ...]:
        first, *others = super().services
        more = Characteristic(CONFIRMED, ("indicate",))
        return (Service(first.uuid, (*first.characteristics, more)), *others)

    def write(self, uuid: str, data: bytes) -> list[Sent]:
        return [
            *super().write(uuid, data),
            Sent(CONFIRMED, bytes([self.blinks])),
            Sent(CONFIRMED, bytes([100 + self.blinks])),
        ]


def test_indications_arrive_in_order_behind_the_answer_to_the_write() -> None:
    async def main() -> None:
        async with place(Faults(latency_s=0.05, lost=1.0), firmware=Confirmed) as here:
            (device,) = await here.find(LEFT)
            async with here.client(device) as client:
                came: list[int] = []
                await client.start_notify(CONFIRMED, lambda _, data: came.append(data[0]))
                for k in range(3):
                    await client.write_gatt_char(CONTROL, bytes([BLINK, 1]))
                    assert len(came) <= 2 * k + 1
                    await asyncio.sleep(1.0)
                assert came == [1, 101, 2, 102, 3, 103]  # none is lost: each is confirmed
                await client.stop_notify(CONFIRMED)
                await client.write_gatt_char(CONTROL, bytes([BLINK, 1]))
                await asyncio.sleep(1.0)
                assert len(came) == 6

    in_virtual_time(main())


def test_what_a_characteristic_is_not_for_is_refused_whatever_the_firmware_would_say() -> None:
    async def main() -> None:
        async with place(firmware=Careless) as here, here.client((await here.find(LEFT))[0]) as client:
            assert await client.read_gatt_char(INFO) == b"anything"
            with pytest.raises(BleakGATTProtocolError, match="Read Not Permitted"):
                await client.read_gatt_char(DATA)
            with pytest.raises(BleakGATTProtocolError, match="Write Not Permitted"):
                await client.write_gatt_char(DATA, b"", response=True)

    in_virtual_time(main())


def test_a_fault_in_a_firmware_is_told_and_does_not_keep_the_asker_waiting() -> None:
    async def main() -> None:
        told: list[dict[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        async with place(firmware=Faulty) as here, here.client((await here.find(LEFT))[0]) as client:
            began_s = asyncio.get_running_loop().time()
            with pytest.raises(BleakGATTProtocolError, match="Unlikely Error"):
                await client.read_gatt_char(INFO)
            assert asyncio.get_running_loop().time() - began_s < 1.0
        assert [type(context["exception"]) for context in told] == [ZeroDivisionError]

    in_virtual_time(main())


def test_fifty_broken_links_leave_no_task_behind() -> None:
    async def main() -> None:
        async with place(seconds=10) as here:
            (device,) = await here.find(LEFT)
            counts = []
            for _ in range(50):
                client = here.client(device)
                await client.connect()
                ear = Ear()
                await begin(client, ear)
                await asyncio.sleep(0.5)
                assert ear.packets
                here.left.lose_link()
                await asyncio.sleep(0.5)
                counts.append(len(asyncio.all_tasks()))
            assert len(set(counts)) == 1
            assert here.kit.client.wires == {}

    in_virtual_time(main())


def test_a_packet_sent_as_its_connection_ends_is_gone_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        chip = Chip("late", LocalLink(), np.random.default_rng(1))
        chip.on_hci_packet(hci.HCI_AclDataPacket(1, 2, 0, 1, b"\0"))

    in_virtual_time(main())
    assert caplog.records == [], "the demo would print it between its own lines"


# ---- the sensor itself


def test_a_clock_that_runs_fast_says_so_in_its_ticks() -> None:
    async def main() -> None:
        async with place(seconds=130, clock_ppm=80.0, on_for_s=5000.0) as here:
            assert here.left.clock_s(100.0) == pytest.approx(5000.0 + 100.0 * (1 + 80e-6), abs=1e-6)
            ear = (await streamed(here, 120.0, (LEFT,)))[LEFT]
            ticks = np.unwrap([float(packet.first_tick) for packet in ear.packets], period=2.0**32)
            taken_s = here.left.sent.at_s[::10]
            slope = np.polyfit(taken_s, ticks * 1e-6, 1)[0]
            assert slope == pytest.approx(1 + 80e-6, abs=1e-6)
            wrapped = (5000.0 + taken_s[0] * (1 + 80e-6)) * 1e6 % 2**32
            assert ticks[0] == pytest.approx(wrapped, abs=2e5 * 80e-6 + 10)
            assert np.diff(taken_s).mean() == pytest.approx(10 / RATE_HZ / (1 + 80e-6), abs=1e-9)

    in_virtual_time(main())


def test_a_reboot_is_silent_and_begins_the_clock_anew() -> None:
    async def main() -> None:
        async with place(on_for_s=100.0) as here:
            (device,) = await here.find(LEFT)
            gone = asyncio.Event()
            client, ear, again = here.client(device, lambda _: gone.set()), Ear(), Ear()
            await client.connect()
            await begin(client, ear)
            await asyncio.sleep(3.0)
            assert ear.packets[-1].first_tick > 100e6
            off_s = asyncio.get_running_loop().time()
            here.left.reboot(0.5)
            await gone.wait()
            assert asyncio.get_running_loop().time() == pytest.approx(off_s + 2.0)
            await client.connect()
            await asyncio.sleep(1.0)
            await begin(client, again)
            await asyncio.sleep(3.0)
            assert again.packets[0].sequence == 0
            assert 2.5e6 < again.packets[0].first_tick < 4.5e6
            await client.disconnect()

    in_virtual_time(main())


def test_a_dying_battery_is_told_and_then_there_is_silence_until_it_is_charged() -> None:
    async def main() -> None:
        async with place(battery=Cell(3.0, full_h=0.5), seconds=200) as here:
            (device,) = await here.find(LEFT)
            gone = asyncio.Event()
            client, ear = here.client(device, lambda _: gone.set()), Ear()
            await client.connect()
            await begin(client, ear)
            await asyncio.wait_for(gone.wait(), 60.0)
            told = [item.percent for item in ear.heard if isinstance(item, Battery)]
            assert told[:4] == [3, 2, 1, 0] or told[:3] == [3, 2, 1]
            assert any(isinstance(item, Stopped) for item in ear.heard)
            assert not here.left.is_on
            with pytest.raises(TimeoutError):
                await client.connect(timeout=5.0)
            here.left.switch_on(Cell(100.0))
            await client.connect(timeout=5.0)
            await client.disconnect()

    in_virtual_time(main())


def test_a_small_mtu_is_what_the_link_has() -> None:
    async def main() -> None:
        async with place(mtu=23) as here:
            (device,) = await here.find(LEFT)
            async with here.client(device) as client:
                assert client.services.get_characteristic(DATA).max_write_without_response_size == 20
                ear = Ear()
                await begin(client, ear)
                await asyncio.sleep(1.0)
                assert {len(data) for _, data in ear.arrivals} == {20}

    in_virtual_time(main())


# ---- the interface to bleak


@pytest.mark.parametrize(
    ("mine", "base"),
    [
        (backend._Scanner, BaseBleakScanner),
        (backend._Client, BaseBleakClient),
        (backend._Adapter, BaseBleakAdapter),
    ],
)
def test_the_backend_has_all_that_this_bleak_asks_of_one(mine: type, base: type) -> None:
    assert not inspect.isabstract(mine)
    asked = set(getattr(base, "__abstractmethods__", ())) | ({"get", "get_connected_devices"} & set(vars(base)))
    assert asked <= set(vars(mine))
    for name in asked - {n for n in asked if isinstance(vars(base)[n], property)}:
        theirs, ours = (list(inspect.signature(getattr(cls, name)).parameters) for cls in (base, mine))
        assert ours == theirs, f"{mine.__name__}.{name}"
    for name in ("name", "set_disconnected_callback"):
        assert base is not BaseBleakClient or hasattr(mine, name)


def test_no_sensor_is_said_to_be_connected_already() -> None:
    async def main() -> None:
        async with place() as here:
            adapter = await BleakAdapter.get(backend=here.kit.adapter)
            assert await adapter.get_connected_devices([PRODUCT.service]) == []

    in_virtual_time(main())


def test_the_backend_is_its_own_for_each_air() -> None:
    async def main(check: Callable[[Place, Place], Awaitable[None]]) -> None:
        async with place() as one, place(seed=2) as two:
            await check(one, two)

    async def check(one: Place, two: Place) -> None:
        two.left.switch_off()
        (device,) = await one.find(LEFT)
        with pytest.raises(TimeoutError):
            await two.client(device).connect(timeout=2.0)
        async with one.client(device) as client:
            assert client.is_connected

    in_virtual_time(main(check))
