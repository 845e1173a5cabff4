"""Housekeeping: the outbox keeps within its bounds; a disk that is full, closed or spoilt is survived and told of."""

from __future__ import annotations

from pathlib import Path

import pytest

import made
from smalldisk import on_small_disk
from surefoot.alerts.bodies import BoutBody
from surefoot.alerts.messages import LARGEST_DAY, LARGEST_INCIDENT
from surefoot.cli.board import Board
from surefoot.cli.housekeeping import BALLAST, Housekeeping, HouseParams
from surefoot.config import Config, load_config
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import Store, StoreError, open_store

SMALL = HouseParams(ballast_bytes=100_000, low_bytes=0)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load_config(home=str(tmp_path), timezone="UTC", outbox_mb=1.0)


def house_of(config: Config, store: Store, params: HouseParams = SMALL) -> tuple[Housekeeping, Board]:
    board = Board((), "shank", config.zone, 0.0)
    return Housekeeping(store, Ring(config.home_ring), config, board, params), board


def test_the_oldest_of_what_was_measured_gives_way_and_nothing_else(config: Config) -> None:
    store = open_store(config.home_store)
    house, board = house_of(config, store)
    store.keep_alert(made.alert("first"))
    store.diary.keep_check_in(made.check_in(1))
    store.keep_test(made.guided_test(1))
    for number in range(40):
        store.keep_incident(made.incident(number, (made.signal(60.0, start_s=1000.0 * number - 30.0),)))
    store.keep_answer(made.answer(1))
    before = store.outbox.size()
    assert before > 2_000_000
    assert house.look(0.0) == store.outbox.count()
    waiting = store.outbox.pending(100)
    assert 900_000 < store.outbox.size() <= 1_000_000
    incidents = [row.seq for row in waiting if row.kind == "incident"]
    assert incidents == list(range(44 - len(incidents), 44)), "the newest were to stay"
    assert [row.seq for row in waiting if row.kind != "incident"] == [1, 2, 3, 44]
    gone = 40 - len(incidents)
    assert board.evicted == store.outbox.evicted() == gone
    assert f"{gone} findings found no room" in board.line(0.0)
    assert len(store.incidents(store.gateway())) == 40, "at home they stay"
    standing = store.outbox.standing()
    assert (standing.pending, standing.oldest, standing.newest) == (len(waiting), 1, 44)
    assert house.look(60.0) == len(waiting) and store.outbox.evicted() == gone
    store.close()


def test_what_the_clinic_turned_down_is_told_at_home(config: Config) -> None:
    store = open_store(config.home_store)
    house, board = house_of(config, store)
    store.keep_alert(made.alert("first"))
    house.look(0.0)
    assert "put aside" not in board.line(0.0)
    store.outbox.settle([], {1: "body.newer: Extra inputs are not permitted"})
    assert house.look(60.0) == 0 and "1 findings were put aside: the clinic turned them down" in board.line(60.0)
    store.close()


def test_thirty_days_without_a_clinic_fit() -> None:
    """By the largest messages there are: every day with 100 bouts and 130 incidents with all their signal."""
    bout = len(BoutBody.of(made.bout(10**7)).json_text())
    day = LARGEST_DAY + 100 * bout + 130 * LARGEST_INCIDENT
    assert 0.9 * Config().outbox_mb * 1e6 < 30 * day < Config().outbox_mb * 1e6


def test_alerts_alone_are_never_fewer(config: Config) -> None:
    """Also when they alone are more than there is room for."""
    store = open_store(config.home_store)
    for number in range(100):
        store.keep_alert(made.alert(f"{number}"))
    assert store.outbox.trim(1000) == 0 and store.outbox.count() == 100
    store.close()


def test_the_ballast_lies_there_until_it_is_needed(config: Config) -> None:
    store = open_store(config.home_store)
    house, board = house_of(config, store)
    house.look(0.0)
    assert (config.home / BALLAST).stat().st_size == 100_000
    assert house.make_room() and not (config.home / BALLAST).exists()
    assert not house.make_room()
    house.look(5.0)
    assert (config.home / BALLAST).exists() and board.open_faults() == ()
    store.close()


def test_little_room_is_told_before_there_is_none(config: Config) -> None:
    store = open_store(config.home_store)
    house, board = house_of(config, store, HouseParams(ballast_bytes=1000, low_bytes=10**18))
    house.look(0.0)
    assert board.open_faults() == ("disk_full",) and "nearly full" in board.line(0.0)
    store.close()


def test_a_damaged_store_is_nothing_to_wait_out(config: Config) -> None:
    store = open_store(config.home_store)
    for number in range(50):
        store.keep_incident(made.incident(number, (made.signal(2.0),)))
    store.close()
    path = config.home / "home.sqlite"
    path.write_bytes(path.read_bytes()[:4096] + bytes(path.stat().st_size - 4096))
    store = Store(store._engine)
    house, _ = house_of(config, store)
    with pytest.raises(StoreError) as caught:
        house.look(0.0)
    assert caught.value.trouble == "damaged"
    store.close()


GATEWAY = """
import threading, made
from surefoot.cli.board import Board
from surefoot.cli.homekeeper import HomeKeeper
from surefoot.cli.housekeeping import Housekeeping, HouseParams
from surefoot.config import load_config
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import open_store, StoreError
from surefoot.records import Gap
import surefoot.cli.gateway
surefoot.cli.gateway.RETRY_S = 0.05
config = load_config(home=str(disk / "home"), timezone="UTC")
config.home.mkdir()
store = open_store(config.home_store)
ring = Ring(config.home_ring)
board = Board((), "shank", config.zone, 0.0)
params = HouseParams(ballast_bytes=3_000_000, inside_bytes=500_000, low_bytes=0)
house = Housekeeping(store, ring, config, board, params)
said, stopping = [], threading.Event()
keeper = HomeKeeper(store, board, lambda: 0.0, said.append, stopping, house.make_room)
house.look(0.0)
ballast = config.home / "ballast"
"""


def test_on_a_full_disk_no_alert_is_lost_and_the_oldest_days_give_way(tmp_path: Path) -> None:
    """Another program takes all of it but 8 MB; days are judged anew, 20 MB of them, with an alert now and then."""
    found = on_small_disk(
        tmp_path,
        24,
        GATEWAY
        + """
from surefoot.records import DayMetric
had_ballast = ballast.exists()
with (disk / "other").open("wb") as other:
    other.write(bytes(16_000_000))
metrics = tuple(DayMetric("left", f"m{n}", 1.0, 1, "why " * 60) for n in range(190))
threading.Timer(120.0, stopping.set).start()
alerts, left = 0, []
for number in range(400):
    day = made.day(1 + number % 28, number / 1000)
    fields = {name: getattr(day, name) for name in day.__slots__}
    keeper.keep_day(type(day)(**fields | {"metrics": day.metrics + metrics}), [])
    if number % 10 == 0:
        keeper.keep_alert(made.alert(f"a{number}"))
        alerts += 1
    if number % 5 == 0:
        house.look(5.0 * number)
        left.append(ballast.exists())
rows = store.outbox.pending(1000)
days = [row.seq for row in rows if row.kind == "day"]
answer({"ballast": had_ballast, "left": left[-1], "alerts": alerts, "days": days, "said": said,
        "kept": sum(row.kind == "alert" for row in rows), "evicted": store.outbox.evicted(),
        "newest": store.outbox.newest(), "line": board.line(0.0), "size": store.outbox.size()})
import os
os._exit(0)
""",
    )
    assert found["ballast"] and not found["left"]
    assert found["alerts"] == found["kept"] == 40
    assert found["evicted"] > 100 and len(found["days"]) > 20
    assert found["evicted"] + len(found["days"]) == 400, "what was kept waits or gave way, nothing vanished"
    assert max(found["days"]) == found["newest"] and "found no room in the outbox" in found["line"]


def test_a_full_disk_is_waited_out_with_an_alert_in_hand(tmp_path: Path) -> None:
    """Nothing left to give: the alert waits in the keeper, is said, and is kept when somebody has made room."""
    found = on_small_disk(
        tmp_path,
        24,
        GATEWAY
        + """
import time
ballast.unlink()
try:
    with (disk / "other").open("wb") as other:
        while True:
            other.write(bytes(4096))
            other.flush()
except OSError:
    pass
done = threading.Thread(target=lambda: keeper.keep_alert(made.alert("now", evidence=(made.trend(),) * 60)))
done.start()
deadline = time.monotonic() + 60
while not board.open_faults() and time.monotonic() < deadline:
    time.sleep(0.02)
faults, line, waits = board.open_faults(), board.line(0.0), done.is_alive()
(disk / "other").unlink()
done.join(60)
answer({"faults": faults, "line": line, "waited": waits, "after": board.open_faults(),
        "alerts": [one.alert.alert_id for one in store.alerts()], "said": said})
""",
    )
    assert found["waited"] and found["faults"] == ["store_failing"]
    assert "nothing can be kept" in found["line"] and "full" in found["line"]
    assert found["alerts"] == ["now"] and found["after"] == []
    assert "It is tried again" in found["said"][0] and "findings are kept again" in found["said"]


def test_a_disk_that_is_closed_to_writing_is_told_and_outlived(tmp_path: Path) -> None:
    """As an SD card closes itself: what is found waits, and is kept when the disk is open again."""
    found = on_small_disk(
        tmp_path,
        24,
        GATEWAY
        + """
import time
keeper.keep_alert(made.alert("before"))
store.close()  # a tmpfs is not closed while a file is open for writing
remount("ro")
house.look(5.0)
seen = board.open_faults()
done = threading.Thread(target=lambda: keeper.keep_alert(made.alert("during")))
done.start()
deadline = time.monotonic() + 60
while "store_failing" not in board.open_faults() and time.monotonic() < deadline:
    time.sleep(0.02)
line, waits = board.line(0.0), done.is_alive()
store._engine.dispose()
for _ in range(200):
    try:
        remount("rw")
        break
    except subprocess.CalledProcessError:
        time.sleep(0.05)
done.join(60)
house.look(10.0)
answer({"seen": seen, "line": line, "waited": waits, "after": board.open_faults(),
        "alerts": sorted(one.alert.alert_id for one in store.alerts())})
""",
    )
    assert found["seen"] == ["disk_failing"]
    assert found["waited"] and "cannot be written" in found["line"] and "nothing can be kept" in found["line"]
    assert found["alerts"] == ["before", "during"] and found["after"] == []


def test_a_start_on_a_disk_closed_to_writing_is_refused_and_touches_nothing(tmp_path: Path) -> None:
    """It must not be taken for damage: nothing is put aside, and all is there when the disk is open again."""
    found = on_small_disk(
        tmp_path,
        24,
        GATEWAY
        + """
from surefoot.cli.soundstore import open_sound
keeper.keep_alert(made.alert("before"))
ring.close()
store.close()
remount("ro")
try:
    open_sound(config, 1.8e9)
    refused = ["opened", "", ""]
except StoreError as error:
    refused = [error.what, error.remedy, error.trouble]
remount("rw")
again, told = open_sound(config, 1.8e9)
answer({"refused": refused, "told": told, "alerts": [one.alert.alert_id for one in again.alerts()],
        "aside": [one.name for one in config.home.glob("*damaged*")]})
""",
    )
    what, remedy, trouble = found["refused"]
    assert "home.sqlite cannot be" in what and remedy and trouble in ("read_only", "failing", "other")
    assert (found["told"], found["alerts"], found["aside"]) == ("", ["before"], [])
