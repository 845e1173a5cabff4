"""Power cuts: what a home had confirmed is there when the power is back, whenever it went; and the control loses."""

from __future__ import annotations

import numpy as np
import pytest

from powercut import Call, Disk, Left, cuts, evenly, found, read, recorded, require_strace

ROWS, CUTS = 60, 6
EARLY = (3, 12, 15, 18)  # while the database is made


@pytest.fixture(autouse=True)
def parts() -> None:
    require_strace()


@pytest.mark.parametrize("some", [False, True], ids=["all is gone", "some is there"])
def test_nothing_confirmed_is_lost(tmp_path, some):
    rng = np.random.default_rng(3) if some else None
    calls = recorded(tmp_path, ROWS)
    moments = [*EARLY, *evenly(calls, CUTS)]
    left = [found(tmp_path, disk, rng) for disk in cuts(calls, moments)]
    assert [(one.lost, one.wrong) for one in left] == [(0, "")] * len(moments)
    kept = [one.kept for one in left]
    assert kept[0] == 0 and kept[-1] == ROWS and kept == sorted(kept)
    assert len({count for count in kept if 0 < count < ROWS}) >= 2, "cut while rows were written"


def test_a_store_that_does_not_wait_for_the_disk_loses(tmp_path):
    """The control: synchronous=NORMAL, as many set it for speed."""
    calls = recorded(tmp_path, ROWS, "NORMAL")
    left = [found(tmp_path, disk) for disk in cuts(calls, evenly(calls, 4)[:-1])]
    assert sum(one.lost for one in left) > ROWS / 2, left


def disk_of(*calls: Call) -> Disk:
    disk = Disk()
    for call in calls:
        disk.take(call)
    return disk


def test_the_disk_forgets_what_was_not_written():
    make, write, sync = Call("make", "a"), Call("write", "a", b"xy", 2), Call("sync", "a")
    folder = Call("sync", "")
    assert disk_of(make, write, sync).left() == {}, "its name was not written"
    assert disk_of(make, folder, write).left() == {"a": b""}
    assert disk_of(make, folder, write, sync).left() == {"a": b"\x00\x00xy"}
    assert disk_of(make, folder, write, sync, Call("cut", "a", at=3)).left() == {"a": b"\x00\x00xy"}
    assert disk_of(make, folder, write, Call("cut", "a", at=3), sync).left() == {"a": b"\x00\x00x"}
    assert disk_of(make, folder, Call("remove", "a")).left() == {"a": b""}, "nor that it was removed"
    assert disk_of(make, folder, Call("remove", "a"), folder).left() == {}
    left = {
        tuple(disk_of(make, folder, Call("write", "a", b"1", 0), Call("write", "a", b"2", 1))
              .left(np.random.default_rng(seed)).values())
        for seed in range(40)
    }  # fmt: skip
    assert left == {(b"",), (b"1",), (b"\x002",), (b"12",)}


def test_what_is_not_understood_is_said(tmp_path):
    path = "".join(f"\\x{byte:02x}" for byte in bytes(tmp_path / "home.sqlite"))
    assert read(f'pwrite64(3<{path}>, "\\x61\\x62", 2, 4096) = 2\n', tmp_path) == Call(
        "write", "home.sqlite", b"ab", 4096
    )
    assert read(f"fdatasync(3<{path}>) = 0\n", tmp_path) == Call("sync", "home.sqlite")
    assert read("+++ exited with 0 +++\n", tmp_path) is None
    with pytest.raises(ValueError, match="not understood"):
        read(f"fallocate(3<{path}>, 0, 0, 4096) = 0\n", tmp_path)


def test_a_loss_is_seen(tmp_path):
    """Planted: the disk forgets the last tenth of what was written, synced or not."""
    calls = recorded(tmp_path, 30)
    kept = [k for k, call in enumerate(calls) if call.name == "told"]
    spoiled = [call for k, call in enumerate(calls) if call.what != "sync" or k < kept[20]]
    (disk,) = cuts(spoiled, [len(spoiled)])
    assert found(tmp_path, disk).lost >= 9
    assert found(tmp_path, disk) != Left(30, 0)
