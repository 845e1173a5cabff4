"""Raw signal in a message: a block of samples as compressed int16 with its scales.

Each block is (n, 6) int16, acc then gyr, as differences down the columns (the first row whole, arithmetic modulo
2^16), little-endian, deflated, base64. The scale of a sensor is a power of two, so reading a block and writing it
again gives the same bytes.
"""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from surefoot.records import Array, Placement, Samples, Side

LARGEST = 32767
SMALLEST_SCALE = 2.0**-20  # finer than any sensor: one millionth of a m/s^2 or deg/s
LARGEST_SCALE = 2.0**8
LARGEST_BLOCK = 30_000  # samples: 60 s at 500 Hz

Scale = Annotated[float, Field(ge=SMALLEST_SCALE, le=LARGEST_SCALE)]


class SampleBlock(BaseModel):
    """Samples of one sensor on the wire: reading = int16 x scale, in m/s^2 and deg/s."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    side: Side
    placement: Placement
    start_s: float
    rate_hz: Annotated[float, Field(gt=0, le=10_000)]
    count: Annotated[int, Field(ge=1, le=LARGEST_BLOCK)]
    acc_scale: Scale
    gyr_scale: Scale
    data: Annotated[str, Field(max_length=640_000)]

    @model_validator(mode="after")
    def _readable(self) -> Self:
        _unpack(self.data, self.count)
        return self

    @classmethod
    def of(cls, samples: Samples) -> Self:
        """Raise ValueError for readings no sensor gives (beyond 8 million m/s^2 or deg/s, or not finite)."""
        acc_scale, gyr_scale = _scale(samples.acc), _scale(samples.gyr)
        rows = np.hstack([np.rint(samples.acc / acc_scale), np.rint(samples.gyr / gyr_scale)]).astype("<i2")
        return cls(
            side=samples.side,
            placement=samples.placement,
            start_s=float(samples.start_s),
            rate_hz=float(samples.rate_hz),
            count=len(rows),
            acc_scale=acc_scale,
            gyr_scale=gyr_scale,
            data=_pack(rows),
        )

    def samples(self) -> Samples:
        rows = _unpack(self.data, self.count)
        acc: Array = rows[:, :3].astype(np.float64) * self.acc_scale
        gyr: Array = rows[:, 3:].astype(np.float64) * self.gyr_scale
        return Samples(self.side, self.placement, self.start_s, self.rate_hz, acc, gyr)


def window(blocks: tuple[Samples, ...], start_s: float, end_s: float) -> tuple[Samples, ...]:
    """The parts of the blocks inside [start_s, end_s), empty ones left out."""
    parts = []
    for block in blocks:
        first, last = (
            min(max(math.ceil((t - block.start_s) * block.rate_hz), 0), len(block)) for t in (start_s, end_s)
        )
        if last > first:
            begin_s = block.start_s + first / block.rate_hz
            part = Samples(
                block.side, block.placement, begin_s, block.rate_hz, block.acc[first:last], block.gyr[first:last]
            )
            parts.append(part)
    return tuple(parts)


def _scale(readings: Array) -> float:
    peak = float(np.abs(readings).max(initial=0.0))
    if not peak / LARGEST <= LARGEST_SCALE:
        raise ValueError(f"a reading of {peak} is not a sensor's")
    if peak / LARGEST <= SMALLEST_SCALE:
        return SMALLEST_SCALE
    mantissa, exponent = math.frexp(peak / LARGEST)
    return math.ldexp(1.0, exponent if mantissa > 0.5 else exponent - 1)


def _pack(rows: NDArray[np.int16]) -> str:
    steps = np.diff(rows, axis=0, prepend=np.zeros((1, 6), "<i2"))
    return base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode()


def _unpack(data: str, count: int) -> NDArray[np.int16]:
    """Rows (count, 6); never more memory than they need, whatever the sender packed."""
    inflater, size = zlib.decompressobj(), count * 12
    try:
        raw = inflater.decompress(base64.b64decode(data, validate=True), size + 1)
    except (zlib.error, binascii.Error) as error:
        raise ValueError(f"the raw signal cannot be unpacked: {error}") from None
    if len(raw) != size or not inflater.eof:
        raise ValueError(f"the raw signal does not hold {count} samples")
    return np.cumsum(np.frombuffer(raw, "<i2").reshape(count, 6), axis=0, dtype=np.int16)
