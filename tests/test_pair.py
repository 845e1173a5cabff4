"""Pairing on the simulated radio, in virtual time: found, tapped, walked, remembered; and left as it was otherwise."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from aired import in_virtual_time
from onlinux import QUICK, bluez_on, hurried, system_bus
from surefoot.cli.main import main
from surefoot.cli.pair import _keep, _knowing, _wish
from surefoot.cli.pairing import Paired, Pairing
from surefoot.cli.pairview import PairView, bars
from surefoot.cli.wish import Doing, Heard, PairingError, Wish
from surefoot.config import Config
from surefoot.pipeline.mounting import MountingCheck
from surefoot.pipeline.store import open_store
from surefoot.records import Donning, Side, WornSensor
from surefoot.sensors.bluetooth.ble import Found
from surefoot.sensors.makers.openpacket import PRODUCT
from surefoot.sensors.makers.product import Seen
from surefoot.simulation.puppet import ANKLES_AND_FEET
from surefoot.simulation.stage import Stage, stage

FIRST, SECOND = "C0:FF:EE:00:00:01", "C0:FF:EE:00:00:02"
NOW_S = 1.8e9
LEFT, RIGHT, LEFT_FOOT, RIGHT_FOOT = ANKLES_AND_FEET
EXCHANGED = (RIGHT, LEFT)  # the sensor found first is worn on the right


@dataclass
class Log:
    """A view that keeps what is told, and a person who does what is asked, or something else."""

    there: Stage
    instead: dict[Doing, Doing] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    counts: list[str] = field(default_factory=list)
    on_walk: Callable[[], object] = lambda: None
    obedient: bool = False  # stands still when it is told to be enough

    def say(self, sentence: str) -> None:
        self.told.append(sentence)
        if "again. Please tap the other" in sentence:
            self.instead.clear()  # the person sees it, and does as asked when asked again

    def ask(self, sentence: str, doing: Doing) -> None:
        self.told.append(sentence)
        if doing == "walk":
            self.on_walk()
        self.there.puppet.doing = self.instead.get(doing, doing)

    def heard(self, sensors: list[Heard], left_s: float) -> None:
        self.counts.append(f"{len(sensors)} found, {left_s:.0f} s")

    def count(self, told: str) -> None:
        self.counts.append(told)
        if self.obedient and told.startswith("enough"):
            self.there.puppet.doing = "stand"


def blank(sides, placement):
    return MountingCheck(sides, placement)


def paired(
    wish: Wish | None = None, *, instead=None, on_walk=None, check=blank, now_s=NOW_S, obedient=False, **setting
) -> tuple[Paired, Log]:
    async def work() -> tuple[Paired, Log]:
        async with stage(**setting) as there:
            log = Log(there, instead or {}, obedient=obedient)
            if on_walk:
                log.on_walk = lambda: on_walk(there)
            result = await Pairing(wish or Wish(), log, check, there.kit, now_s).run()
            await asyncio.sleep(0.5)
            on = [ankle for ankle in there.ankles if ankle.is_on]
            assert not any(ankle.is_connected or ankle.firmware.rate_hz for ankle in on)
            return result, log

    return in_virtual_time(work())


def addresses(result: Paired) -> dict[Side, str]:
    return {sensor.side: sensor.address for sensor in result.worn}


@pytest.mark.parametrize("product", ["dot", "movesense", "witmotion", "polar", "metamotion"])
def test_every_product_is_found_tapped_and_walked_with(product):
    result, log = paired(products=(product, product), seed=3)
    assert addresses(result) == {"left": FIRST, "right": SECOND}
    assert (result.donning.verdict, {s.product for s in result.worn}) == ("good", {product})
    assert all(sensor.rate_hz > 50 and sensor.paired_s > NOW_S for sensor in result.worn)
    assert [told for told in log.told if told.startswith(("Tap", "Stand", "Walk ")) and "firmly" not in told] == [
        "Tap the sensor on the LEFT ankle twice.",
        "Stand still for 5 seconds.",
        "Walk 20 steps straight ahead, at your usual pace.",
    ]
    assert result.donning.seat and 16 <= result.donning.strides <= 40


def test_which_sensor_is_on_which_leg_is_what_the_taps_say():
    result, log = paired(places=EXCHANGED)
    assert addresses(result) == {"left": SECOND, "right": FIRST}
    assert result.donning.verdict == "good"
    assert any("battery 82 %" in told and "blinks" in told for told in log.told)
    enough = log.counts.index("enough, thank you; one moment")
    steps = [int(count.split()[0]) for count in log.counts[:enough] if count.endswith("of 20 steps")]
    assert steps == sorted(steps) and steps[0] == 0 and steps[-1] >= 16
    assert any(count.startswith("2 found") for count in log.counts)


@pytest.mark.parametrize("seed", range(1, 3))
def test_who_stops_after_twenty_steps_is_told_or_asked_for_some_more(seed):
    result, log = paired(obedient=True, seed=seed)
    assert result.donning.verdict == "good"
    assert sum("steps more" in told for told in log.told) <= 1


def test_two_makes_go_together():
    result, _ = paired(products=("dot", "movesense"))
    assert {sensor.product: sensor.rate_hz for sensor in result.worn} == {"dot": 60.0, "movesense": 104.0}
    assert result.donning.verdict == "good"


def test_four_sensors_are_told_apart_by_taps():
    places = (RIGHT_FOOT, LEFT, LEFT_FOOT, RIGHT)
    result, log = paired(Wish(places=ANKLES_AND_FEET), products=4 * ("open",), places=places)
    worn = {(sensor.side, sensor.placement): int(sensor.address[-1]) for sensor in result.worn}
    assert worn == {place: k + 1 for k, place in enumerate(places)}
    assert result.donning.verdict == "good" and "ankle" in result.donning.words
    assert "Tap the sensor on the LEFT foot twice." in log.told


def test_who_taps_the_same_sensor_again_is_asked_for_the_other():
    wish, on = Wish(places=(LEFT, RIGHT, LEFT_FOOT)), (LEFT_FOOT, LEFT, RIGHT)
    result, log = paired(wish, instead={RIGHT: LEFT}, products=3 * ("open",), places=on)
    worn = {(sensor.side, sensor.placement): int(sensor.address[-1]) for sensor in result.worn}
    assert worn == {LEFT_FOOT: 1, LEFT: 2, RIGHT: 3}
    assert "That was the left ankle again. Please tap the other sensor." in log.told


def test_a_wrong_tap_is_put_right_by_the_walk():
    result, log = paired(instead={LEFT: RIGHT})
    assert addresses(result) == {"left": FIRST, "right": SECOND}
    assert result.donning.verdict == "good" and "remembered so" in result.donning.words
    assert [side for side, _ in result.donning.seat] == ["left", "right"]
    assert "Thank you: that is the left ankle." in log.told  # as it was believed then


def test_who_names_the_sensors_is_not_asked_to_tap_and_told_when_they_are_on_the_wrong_legs():
    wish = Wish(given={("left", "shank"): FIRST.lower(), ("right", "shank"): SECOND})
    result, log = paired(wish)
    assert result.donning.verdict == "good" and not any(told.startswith("Tap") for told in log.told)
    result, _ = paired(wish, places=EXCHANGED)
    assert addresses(result) == {"left": FIRST, "right": SECOND}  # the labels stand: it is the straps that are wrong
    assert result.donning.verdict == "swapped" and "exchange them" in result.donning.words


@pytest.mark.parametrize(("leg", "verdict"), [("left", "good"), ("right", "swapped")])
def test_one_sensor_alone(leg, verdict):
    result, _ = paired(Wish(places=((leg, "shank"),)), products=("open",))
    assert addresses(result) == {leg: FIRST} and result.donning.verdict == verdict


def test_a_link_that_breaks_in_the_walk_is_made_again():
    result, _ = paired(on_walk=lambda there: there.ankles[1].lose_link())
    assert result.donning.verdict == "good"


def test_who_does_not_walk_is_told_that_no_steps_were_seen():
    result, _ = paired(instead={"walk": "stand"})
    assert result.donning.verdict == "unknown" and "No steps were seen" in result.donning.words
    result, _ = paired(on_walk=lambda there: there.ankles[1].switch_off())
    assert result.donning.verdict == "unknown"


@pytest.mark.parametrize(
    ("setting", "wish", "words"),
    [
        ({"products": ()}, Wish(), ("No sensors were found, 2 are needed", "switch them on")),
        ({"products": ("open",)}, Wish(), ("1 sensor was found, 2 are needed", "--one left")),
        ({}, Wish(given={("left", "shank"): "AA:BB:CC:DD:EE:FF"}), ("AA:BB:CC:DD:EE:FF did not answer",)),
        ({"instead": {LEFT: "stand"}}, Wish(), ("No tap was felt", "Tap twice, firmly")),
        ({"instead": {LEFT: "walk"}}, Wish(), ("No tap was felt",)),
    ],
)
def test_what_cannot_be_done_says_what_to_do(setting, wish, words):
    with pytest.raises(PairingError) as caught:
        paired(wish, **setting)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "Nothing was changed" in str(caught.value)


def test_when_it_is_stopped_the_sensors_are_let_go():
    async def work() -> None:
        async with stage() as there:
            log = Log(there)
            task = asyncio.create_task(Pairing(Wish(), log, blank, there.kit, NOW_S).run())
            while not any(told.startswith("Walk") for told in log.told):
                await asyncio.sleep(0.5)
            assert all(ankle.is_connected for ankle in there.ankles)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0.5)
            assert not any(ankle.is_connected for ankle in there.ankles)
            assert len(asyncio.all_tasks()) < 20

    in_virtual_time(work())


def test_bleaks_own_code_for_linux_pairs_on_the_simulated_bluez():
    """The very program that users run with real sensors."""

    async def work(address: str) -> Paired:
        async with stage(places=EXCHANGED) as there, bluez_on(address, there.air, QUICK):
            return await Pairing(Wish(), Log(there), blank, None, NOW_S).run()

    with system_bus() as address:
        result = hurried(work(address))
    assert addresses(result) == {"left": SECOND, "right": FIRST} and result.donning.verdict == "good"


# ---- the store, and the verb


def result_of(left: str, right: str, verdict="good") -> Paired:
    worn = tuple(
        WornSensor(side, "shank", "open", address, "Surefoot", 104.0, NOW_S)
        for side, address in (("left", left), ("right", right))
    )
    return Paired(worn, Donning(NOW_S, verdict, "Both sensors sit well.", 16))


def called(capsys, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(["pair", *arguments])
    out, err = capsys.readouterr()
    return int(caught.value.code or 0), out, err


def test_the_sensors_paired_last_are_those_worn_and_can_be_listed_and_forgotten(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path / "home"))
    status, out, _ = called(capsys, "--list")
    assert status == 0 and "No sensors are paired" in out
    assert not (tmp_path / "home").exists()  # looking leaves no trace
    config = Config(home=tmp_path / "home")
    _keep(config, result_of("A", "B"))
    _keep(config, result_of("C", "A"))
    status, out, _ = called(capsys, "--list", "--json")
    told = [json.loads(line) for line in out.splitlines()]
    assert [(sensor["side"], sensor["address"]) for sensor in told] == [("left", "C"), ("right", "A")]
    assert called(capsys, "--forget", "nobody")[0] == 1
    assert "left ankle" in called(capsys, "--forget", "c")[2]
    assert "right ankle" in called(capsys, "--list")[1]
    assert called(capsys, "--forget", "all")[0] == 0
    store = open_store(config.home_store)
    assert store.worn_sensors() == [] and len(store.donnings(0, 2e9)) == 1
    store.close()


def test_the_check_knows_the_patient_where_there_is_a_store(tmp_path):
    config = Config(home=tmp_path)
    _knowing(config)(("left", "right"), "shank")
    assert not (tmp_path / "home.sqlite").exists()
    an_hour_ago_s = time.time() - 3600.0
    first, _ = paired(now_s=an_hour_ago_s)
    assert first.donning.tilt_deg == ()
    _keep(config, first)
    again, _ = paired(check=_knowing(config))
    assert dict(again.donning.tilt_deg) == {"left": pytest.approx(0, abs=3), "right": pytest.approx(0, abs=3)}


@pytest.mark.parametrize(
    "options",
    [
        (None, None, "left", True, False),
        ("A", None, "left", False, False),
        ("A", "a", None, False, False),
        ("A", None, None, False, True),
        (None, None, "left", False, True),
    ],
)
def test_wishes_that_contradict_each_other_are_wrong_usage(options):
    left, right, one, feet, simulate = options
    with pytest.raises(Exception, match="sensor"):
        _wish(left, right, one, feet, 60.0, simulate)


def test_wishes():
    assert _wish(None, None, None, False, 60.0, False) == Wish()
    assert len(_wish(None, None, None, True, 60.0, False).places) == 4
    assert _wish(None, "B", None, False, 60.0, False).places == (("right", "shank"),)
    assert _wish(None, None, "right", False, 60.0, False).places == (("right", "shank"),)


def test_a_radio_that_is_not_there_is_told_with_its_remedy(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path))
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    status, _, err = called(capsys, "--window", "5")
    assert status == 1 and "D-Bus does not answer" in err
    assert not (tmp_path / "home.sqlite").exists()


# ---- the view


@pytest.mark.parametrize("watched", [True, False])
def test_the_view_shows_each_sensor_once_and_instructions_so_that_they_are_seen(capsys, watched):
    obeyed: list[Doing] = []
    view = PairView(watched, obeyed.append)
    found = Found(FIRST, "Surefoot 01", -55, Seen("Surefoot 01", ()), device=None)
    for left_s in (60.0, 59.0, 0.0):
        view.heard([Heard(found, PRODUCT)], left_s)
    view.ask("Tap the sensor on the LEFT ankle twice.", LEFT)
    view.count("3 steps")
    view.say("Thank you.")
    out, err = capsys.readouterr()
    assert out == "" and err.count(FIRST) == 1 and "||||" in err and obeyed == [LEFT]
    assert ("TAP THE SENSOR ON THE LEFT ANKLE TWICE." in err) == watched
    assert ("60 s left" in err and "3 steps" in err) == watched


def test_bars():
    shown = [
        bars(Heard(Found("A", None, dbm, Seen(None, ()), device=None), PRODUCT)) for dbm in (-50, -65, -85, -99, None)
    ]
    assert shown == ["||||", "|||.", "|...", "....", "connected already"]
