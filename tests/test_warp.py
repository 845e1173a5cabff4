"""Clocks that need not be waited for: timers are exact, threads and sockets are waited for all the same."""

from __future__ import annotations

import asyncio
import time

import pytest

from surefoot.simulation.warp import ScaledLoop, VirtualLoop


def test_a_day_of_virtual_time_has_its_timers_at_their_times_and_in_their_order() -> None:
    async def main() -> list[tuple[float, int]]:
        loop = asyncio.get_running_loop()
        rang: list[tuple[float, int]] = []

        async def ring(every_s: float, name: int) -> None:
            while loop.time() < 86400.0:
                await asyncio.sleep(every_s)
                rang.append((loop.time(), name))

        await asyncio.gather(ring(3600.0, 1), ring(900.0, 2))
        return rang

    began_s = time.monotonic()
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        rang = runner.run(main())
    assert time.monotonic() - began_s < 3600.0
    assert [at_s for at_s, name in rang if name == 1] == pytest.approx([3600.0 * k for k in range(1, 25)], abs=1e-5)
    assert len(rang) == 24 + 96
    assert rang == sorted(rang, key=lambda rung: rung[0])


def test_timeouts_are_exact() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 12.5)
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(start_s=100.0)) as runner:
        assert runner.run(main()) == pytest.approx(112.5)


def test_time_stands_still_while_a_thread_works() -> None:
    async def main() -> tuple[float, int]:
        loop = asyncio.get_running_loop()
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.1)
                ticks += 1

        ticking = asyncio.create_task(tick())
        await asyncio.sleep(0.05)
        await asyncio.to_thread(time.sleep, 0.05)
        passed_s, ticked = loop.time(), ticks
        await asyncio.sleep(1.0)
        assert ticks == 10
        ticking.cancel()
        return passed_s, ticked

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(main()) == (pytest.approx(0.05), 0)


def test_a_thread_that_fails_lets_time_go_on() -> None:
    def fail() -> None:
        raise ValueError

    async def main() -> float:
        with pytest.raises(ValueError):
            await asyncio.to_thread(fail)
        await asyncio.sleep(3600.0)
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(main()) == pytest.approx(3600.0)


def test_a_scaled_clock_runs_faster_beside_real_sockets() -> None:
    async def main() -> tuple[float, bytes]:
        async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"hello\n")
            writer.close()

        async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            said = await reader.readline()
            writer.close()
            await writer.wait_closed()
        began_s = asyncio.get_running_loop().time()
        await asyncio.sleep(20.0)
        return asyncio.get_running_loop().time() - began_s, said

    began_s = time.monotonic()
    with asyncio.Runner(loop_factory=lambda: ScaledLoop(100.0)) as runner:
        passed_s, said = runner.run(main())
    assert said == b"hello\n"
    assert passed_s >= 20.0
    assert 0.2 <= time.monotonic() - began_s < 20.0
