"""Chair stands: five times sit-to-stand and the 30-second chair stand, from the stands of both shanks together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import Array
from surefoot.signal.guided.faults import check_on_the_spot
from surefoot.signal.guided.performance import Found, NotUsable, Performance
from surefoot.signal.guided.stands import Stands, forward_of, stands_of

AGAIN = "Sit with the feet under the knees, keep still for two seconds, then stand up and sit down"


@dataclass(frozen=True, slots=True)
class ChairParams:
    """Limits of a chair stand (P unless said)."""

    repetitions: int = 5  # E1 (Staartjes 2018)
    window_s: float = 30.0  # E1 (Rikli and Jones)
    least_lean_deg: float = 5.0  # 5.3 has 8-20
    longest_pause_s: float = 4.0  # seated between two of the five
    longest_s: float = 12.0  # of one of them; what is beyond was a pause too
    fastest_dps: float = 210.0  # no shank turns faster in a rise; every one does in a walk
    agree_s: float = 0.5  # forward and backward, where it does not matter which
    together: float = 0.6  # least correlation of the two legs' turning


def sit_to_stand_5(done: Performance, params: ChairParams = ChairParams()) -> Found:
    """Seconds from the first move out of the chair to the fifth sit."""
    lean = _lean(done, params)
    stands = _counted(lean, done, params)
    count, rate = len(stands), done.rate_hz
    if count < params.repetitions:
        raise NotUsable(f"Only {count} of {params.repetitions} times were seen. {AGAIN} five times, without stopping.")
    last = params.repetitions - 1
    start, end = int(stands.begun[0]), int(stands.sat[last])
    _check_pauses(stands.first(params.repetitions), rate, params)
    return Found(
        start / rate,
        end / rate,
        (end - start) / rate,
        _quality(done, count - params.repetitions),
        _times(stands, rate, last + 1),
    )


def chair_stand_30s(done: Performance, params: ChairParams = ChairParams()) -> Found:
    """Full stands within 30 s of the first move; one that is more than half-way up at the end counts."""
    lean = _lean(done, params)
    stands = _counted(lean, done, params)
    rate = done.rate_hz
    if not len(stands):
        raise NotUsable(f"No rise was seen. {AGAIN} as often as you can in 30 seconds.")
    start = int(stands.begun[0])
    if done.seconds - start / rate < params.window_s:
        raise NotUsable(f"It was stopped after {done.seconds - start / rate:.0f} s. Go on until 30 seconds are over.")
    within = int((stands.risen <= start + params.window_s * rate).sum())
    return Found(
        start / rate, start / rate + params.window_s, float(within), _quality(done, 0), _times(stands, rate, within)
    )


def _lean(done: Performance, params: ChairParams) -> Array:
    """Both shanks' lean together, forward positive as far as it can be told; raises NotUsable where it cannot."""
    if done.placement != "shank":
        raise NotUsable("The foot stays flat in this test. Wear the sensors just above the ankles.")
    check_on_the_spot(done.legs, AGAIN)
    leans = _one_way(done)
    lean = np.mean(leans, axis=0)
    fastest = max(float(np.percentile(np.abs(np.gradient(x)), 99.5)) * done.rate_hz for x in leans)
    if fastest > params.fastest_dps:
        raise NotUsable(f"This looks like walking. {AGAIN} on one spot, with both feet on the floor.")
    if np.ptp(np.percentile(lean, (0.5, 99.5))) < params.least_lean_deg:
        raise NotUsable(f"The legs only swayed. {AGAIN} all the way.")
    if len(leans) == 2:
        turning = [np.gradient(x) for x in leans]
        if np.corrcoef(turning)[0, 1] < params.together:
            raise NotUsable(f"The two legs did not move together. {AGAIN} with both feet on the floor side by side.")
    return np.asarray(lean)


def _one_way(done: Performance) -> list[Array]:
    """Each leg's lean; legs whose forward is not known are turned the way of the first."""
    n = min(len(leg.acc) for leg in done.legs.values())
    leans = [leg.lean_deg(done.frames.get(side))[:n] for side, leg in done.legs.items()]
    known = [side in done.frames for side in done.legs]
    if len(leans) == 2 and not all(known):
        lead = known.index(True) if any(known) else 0
        if float(np.sum(np.gradient(leans[0]) * np.gradient(leans[1]))) < 0:
            leans[1 - lead] = -leans[1 - lead]
    return leans


def _counted(lean: Array, done: Performance, params: ChairParams) -> Stands:
    """Repetitions; where forward is not known and both ways would count differently, raises NotUsable."""
    as_is = stands_of(lean, done.rate_hz)
    if any(side in done.frames for side in done.legs):
        return as_is
    mirrored = stands_of(-lean, done.rate_hz)
    forward = forward_of(lean, done.rate_hz)
    if forward == 0 and not _agree(as_is, mirrored, params.agree_s * done.rate_hz):
        raise NotUsable(
            "Forward cannot be told from backward in this test alone. Walk ten steps with the sensors on before you "
            "tap start, then do it again."
        )
    return as_is if forward >= 0 else mirrored


def _agree(one: Stands, other: Stands, samples: float) -> bool:
    """Whether two readings of the same test tell the same."""
    if len(one) != len(other):
        return False
    apart = [np.abs(a - b).max(initial=0) for a, b in ((one.begun, other.begun), (one.sat, other.sat))]
    return bool(max(apart) < samples)


def _check_pauses(stands: Stands, rate_hz: float, params: ChairParams) -> None:
    seated = (stands.begun[1:] - stands.sat[:-1]) / rate_hz
    long = float(max(seated.max(initial=0.0), ((stands.sat - stands.begun) / rate_hz).max() - params.longest_s))
    if long > params.longest_pause_s:
        raise NotUsable(f"There was a pause of {long:.0f} s. {AGAIN} five times, without stopping.")


def _quality(done: Performance, extra: int) -> float:
    """One leg alone, forward found from the test itself, and more repetitions than asked for are less sure."""
    sure = (len(done.legs) == 2, bool(done.frames), extra == 0)
    return float(np.prod([1.0 if each else 0.8 for each in sure]))


def _times(stands: Stands, rate_hz: float, count: int) -> dict[str, float]:
    start = int(stands.begun[0])
    times = {f"stood_{k + 1}_s": (s - start) / rate_hz for k, s in enumerate(stands.stood[:count].tolist())}
    return {"repetitions": float(len(stands)), **times}
