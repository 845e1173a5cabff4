"""A guided test done on the patient's page: the recorded readings of its window, judged as those of a file are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from surefoot.pipeline.ownpage import Window
from surefoot.pipeline.samegrid import same_grid
from surefoot.pipeline.store import Store
from surefoot.records import Gap, Placement, Samples, Side, TestKind, TestResult
from surefoot.signal.alignment import Aligned
from surefoot.signal.guided.assess import FOOT_ONLY, ONE_LEGGED, UNITS, assess, learned
from surefoot.signal.guided.norms import place

Recorded = Callable[[float, float], Iterable[Samples | Gap]]  # what the home's ring holds of [start, end)
NOTHING = (
    "No readings of this time were recorded: the sensors were not connected, or surefoot wear did not run. Look at "
    "your sensors on your page and do the test again."
)


@dataclass(frozen=True, slots=True)
class WindowParams:
    """How long readings are waited for, and which walk tells how the sensors sit (P)."""

    wait_s: float = 45.0  # a sensor that was away may bring so much late; then what there is counts
    there_s: float = 0.5  # readings that reach so near to the end are all of them
    walk_s: float = 6 * 3600.0  # a walk so long before still tells how they sit, unless they were put on anew since
    walk_most_s: float = 180.0  # of it


def is_there(window: Window, recorded: Recorded, now_s: float, params: WindowParams = WindowParams()) -> bool:
    """Whether the window can be judged: all sensors' readings reach its end, or nobody waits for them any more."""
    if now_s - window.end_s >= params.wait_s:
        return True
    ends: dict[tuple[Side, Placement], float] = {}
    for item in recorded(window.start_s - 2.0, window.end_s + 2.0):
        if isinstance(item, Samples):
            ends[item.side, item.placement] = max(item.end_s, ends.get((item.side, item.placement), item.end_s))
    return bool(ends) and min(ends.values()) >= window.end_s - params.there_s


def judged(window: Window, recorded: Recorded, store: Store, params: WindowParams = WindowParams()) -> TestResult:
    """The result, its times in Unix seconds. Without readings there is none, and it says so."""
    wanted: Placement = "foot" if window.kind in FOOT_ONLY else "shank"
    items = [i for i in recorded(window.start_s, window.end_s) if i.end_s > window.start_s]
    placement: Placement = wanted if any(i.placement == wanted for i in items) else "shank"
    placement = placement if any(i.placement == placement for i in items) else "foot"
    parts = _of_each_leg(items, placement)
    if not parts or (window.side is not None and window.side not in parts):
        return _unusable(window, NOTHING)
    rate_hz = _rate_hz(parts)
    sensors, gaps = same_grid(parts, rate_hz, window.start_s, window.end_s)
    result = assess(
        window.kind, sensors, rate_hz, placement,
        side=window.side, frames=_frames(window, recorded, store, placement, params), gaps=gaps,
    )  # fmt: skip
    return replace(result, start_s=window.start_s + result.start_s, end_s=window.start_s + result.end_s)


def _of_each_leg(items: Iterable[Samples | Gap], placement: Placement) -> dict[Side, list[Samples | Gap]]:
    """Of legs with any readings at all."""
    found: dict[Side, list[Samples | Gap]] = {}
    for item in items:
        if item.placement == placement:
            found.setdefault(item.side, []).append(item)
    return {side: of for side, of in found.items() if any(isinstance(i, Samples) and len(i) for i in of)}


def _rate_hz(parts: Mapping[Side, Iterable[Samples | Gap]]) -> float:
    return float(np.median([i.rate_hz for of in parts.values() for i in of if isinstance(i, Samples)]))


def _unusable(window: Window, reason: str) -> TestResult:
    return TestResult(window.kind, window.side, window.start_s, window.end_s, None, UNITS[window.kind], 0.0, reason)


def _frames(
    window: Window, recorded: Recorded, store: Store, placement: Placement, params: WindowParams
) -> dict[Side, Aligned]:
    """How the sensors sit, by the last longer walk with them as they are now."""
    put_on = store.donnings(window.start_s - params.walk_s, window.start_s)
    since_s = max([window.start_s - params.walk_s, *(one.start_s for one in put_on)])
    walks = [b for b in store.bouts(store.gateway(), since_s, window.start_s) if b.end_s <= window.start_s]
    if not walks:
        return {}
    walk = max(walks, key=lambda one: min(one.end_s - one.start_s, params.walk_most_s))
    end_s = min(walk.end_s, walk.start_s + params.walk_most_s)
    frames: dict[Side, Aligned] = {}
    for side, of in _of_each_leg(recorded(walk.start_s, end_s), placement).items():
        blocks = [i for i in of if isinstance(i, Samples) and len(i)]
        acc, gyr = (np.concatenate([getattr(block, name) for block in blocks]) for name in ("acc", "gyr"))
        if frame := learned(acc, gyr, blocks[0].rate_hz, placement):
            frames[side] = frame
    return frames


def needs_foot(kind: TestKind) -> bool:
    """Whether it can only be judged with sensors on the feet."""
    return kind in FOOT_ONLY


def one_legged(kind: TestKind) -> bool:
    """Whether it is of one leg, which must be said."""
    return kind in (*ONE_LEGGED, "heel_walk")


def in_words(result: TestResult, before: float | None) -> str:
    """What the result means, against norms and the patient's own last one."""
    return place(result, before)
