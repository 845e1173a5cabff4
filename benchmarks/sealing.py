"""Sealing: what it costs a home to seal its records, in time of the processor and bytes on the disk.

python benchmarks/sealing.py [--strides 20000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from surefoot.pipeline.sealing import Keyring, new_key
from surefoot.pipeline.store import open_store
from surefoot.records import Stride


def day_of_strides(count: int) -> list[Stride]:
    """As full of numbers as a stride can be."""
    rng = np.random.default_rng(1)
    names = ("stride_time_s", "stance_s", "swing_s", "stride_length_m", "speed_mps", "swing_height_m")
    names += ("shank_tilt_max_deg", "mid_swing_rate_dps", "push_off_rate_dps", "loading_rate_dps")
    plain = Stride("left", "shank", 0.0, 1.0)
    values = rng.random((count, len(names))).tolist()
    return [
        replace(plain, start_s=1.1 * k, end_s=1.1 * k + 1, **dict(zip(names, row, strict=True)))
        for k, row in enumerate(values)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strides", type=int, default=20_000)
    strides = day_of_strides(parser.parse_args().strides)
    print(f"{len(strides):,} strides, 100 at a time")
    for name, keys in (("as they are", None), ("sealed", Keyring([new_key()], payloads=True))):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "home.sqlite"
            store = open_store(f"sqlite:///{path}", keys=keys)
            began = time.process_time()
            for k in range(0, len(strides), 100):
                store.keep_strides(strides[k : k + 100])
            written = time.process_time()
            assert len(store.strides(0.0, 1e12)) == len(strides)
            read = time.process_time()
            store.close()
            size = path.stat().st_size
        each = 1e6 / len(strides)
        spent = f"written {each * (written - began):.0f} us, read {each * (read - written):.0f} us each"
        print(f"{name}: {spent}, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
