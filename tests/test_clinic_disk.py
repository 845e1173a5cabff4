"""A clinic whose disk is really full: nothing is answered for that it does not have, it says so, and goes on."""

from __future__ import annotations

from pathlib import Path

from broker import require_mosquitto
from smalldisk import on_small_disk

STORY = """
import asyncio, os, time
import made
from broker import mosquitto
from surefoot.alerts.mqtt import Link, LinkParams
from surefoot.pipeline.clinic import ClinicParams, serve
from surefoot.pipeline.delivery import DeliveryParams, deliver
from surefoot.pipeline.store import open_store

folder = disk.parent
eager = DeliveryParams(answer_s=0.3, longest_answer_s=0.6, look_s=0.1)
home, clinic = open_store(f"sqlite:///{folder}/home.sqlite"), open_store(f"sqlite:///{disk}/clinic.sqlite")
gateway = home.gateway(made.HOME)
said = []

def fill():
    with (disk / "other").open("wb", buffering=0) as other:
        size = 1 << 16
        while size:
            try:
                other.write(bytes(size))
            except OSError:
                size //= 2

async def until(true):
    async with asyncio.timeout(120):
        while not await asyncio.to_thread(true):
            await asyncio.sleep(0.05)

async def story(url):
    link = lambda name: Link(url, name, params=LinkParams(first_wait_s=0.02, longest_wait_s=0.2))
    hear = lambda trouble: said.append(str(trouble))
    working = asyncio.create_task(serve(clinic, link("clinic"), time.time, ClinicParams(look_s=0.1), on_trouble=hear))
    sending = asyncio.create_task(deliver(home, link("home"), eager))
    await asyncio.to_thread(home.keep_alert, made.alert("while there was room"))
    await until(lambda: not home.outbox.count())
    fill()
    for number in range(400):
        await asyncio.to_thread(home.keep_alert, made.alert(f"none {number}"))
    await until(lambda: said)
    await asyncio.sleep(1.0)
    waiting, shown = home.outbox.count(), len(clinic.alerts(gateway))
    (disk / "other").unlink()
    await until(lambda: not home.outbox.count())
    alive = not working.done()
    for task in (working, sending):
        task.cancel()
    await asyncio.wait({working, sending})
    return waiting, shown, alive

with mosquitto(folder) as broker:
    waiting, shown, alive = asyncio.run(story(broker.url))
answer({"waiting": waiting, "shown": shown, "alive": alive, "said": said[0],
        "stored": sorted({one.alert.alert_id for one in clinic.alerts(gateway)}),
        "made": sorted(["while there was room", *(f"none {number}" for number in range(400))])})
"""


def test_what_a_full_clinic_cannot_store_waits_at_home_and_arrives_when_there_is_room(tmp_path: Path) -> None:
    require_mosquitto()
    found = on_small_disk(tmp_path, 4, STORY)
    assert found["alive"]
    assert found["waiting"] > 0 and found["waiting"] + found["shown"] >= 401, "all are there or still at home"
    assert found["stored"] == found["made"]
    assert "full" in found["said"]
