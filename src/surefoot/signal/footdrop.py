"""Foot drop: strides in which a foot is not lifted as it was, told by what the leg does instead.

With the sensor on the shank the foot itself is not seen. Two of four signs are asked for (facts/clinical.md 3.4, 3.5,
P): no heel strike; a heel much softer than the other leg's; steppage or circumduction, the shank lifted, tilted or
swung out beyond the other leg's; toe drag. With the sensor on the foot its pitch is seen: flat or toe-first at contact
(E1 mechanism), flat on the floor too soon, toe hanging in mid-swing, no heel strike, toe drag. The other leg's last
strides are the yardstick where one is needed, so weakness of both feet at once is missed at the shank; the score
against the patient's own baseline (``dropscore.py``) looks for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surefoot.records import SIDES, Placement, Side
from surefoot.signal.recent import Recent
from surefoot.signal.table import StrideTable

MEASURES: dict[Placement, tuple[str, ...]] = {
    "shank": ("swing_height_m", "shank_tilt_max_deg", "heel_strike_mps3", "lateral_excursion_m"),
    "foot": ("foot_pitch_mid_swing_deg", "stride_length_m"),
}

LENGTH = MEASURES["foot"].index("stride_length_m")


@dataclass(frozen=True, slots=True)
class FootDropParams:
    """Thresholds of the foot-drop signs; all P but where said."""

    usual_strides: int = 10  # of the other leg: means are stable after 10 cycles (Konig 2014, E2)
    usual_within_s: float = 10800.0  # since sensor and shoes were put on, and no longer ago
    least_signs: int = 2  # 3.5
    higher_m: float = 0.02
    tilted_deg: float = 6.0
    outward_m: float = 0.03
    spreads: float = 3.0  # 3.5: baseline + 3 MADs
    soft_landing: float = 0.4  # share of the other leg's jerk
    flat_contact_deg: float = 5.0  # 3.5
    early_flat_s: float = 0.055  # 3.5
    hanging_deg: float = 6.0  # 3.5
    least_length: float = 0.75  # of the leg's last strides: the closing step of a walk lands flat on every foot
    incident_strides: int = 8  # 3.5
    incident_share: float = 0.30  # 3.5


class FootDrop:
    """Flags strides; strides of both legs come in order of their end."""

    def __init__(self, placement: Placement, params: FootDropParams = FootDropParams()) -> None:
        self._placement: Placement = placement
        self._params = params
        measures = len(MEASURES[placement])
        self._usual = [Recent(params.usual_strides, measures, params.usual_within_s) for _ in SIDES]

    def put_on(self, side: Side, time_s: float) -> None:
        """The sensor of a leg was put on anew at this time."""
        self._usual[SIDES.index(side)].put_on(time_s)

    def flag(self, strides: StrideTable) -> None:
        """Set ``foot_drop`` of these strides."""
        if len(strides) == 0:
            return
        measures = np.stack([strides[name] for name in MEASURES[self._placement]], axis=1)
        for k in range(len(SIDES)):
            mine = (strides["side"] == k) & strides["valid"]
            self._usual[k].add(strides["end_s"][mine], measures[mine])
        for k in range(len(SIDES)):
            mine = strides["side"] == k
            started = strides["start_s"][mine]
            centre, spread = self._usual[1 - k].usual(started)
            signs = self._signs(strides.take(mine), measures[mine], centre, spread)
            if self._placement == "foot":
                signs *= (
                    measures[mine, LENGTH] > self._params.least_length * self._usual[k].usual(started)[0][:, LENGTH]
                )
            strides["foot_drop"][mine] = strides["valid"][mine] & (signs >= self._params.least_signs)
            self._usual[k].forget_before(float(strides["end_s"].min()) - 10.0)

    def _signs(
        self, strides: StrideTable, x: NDArray[np.float64], centre: NDArray[np.float64], spread: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """How many signs each stride shows; a comparison with something absent is no sign."""
        p = self._params
        dragged = strides["toe_drag_s"] > 0
        with np.errstate(invalid="ignore"):
            if self._placement == "shank":
                lifted = x[:, 0] > centre[:, 0] + np.maximum(p.higher_m, p.spreads * spread[:, 0])
                tilted = x[:, 1] > centre[:, 1] + np.maximum(p.tilted_deg, p.spreads * spread[:, 1])
                swung_out = x[:, 3] > centre[:, 3] + np.maximum(p.outward_m, p.spreads * spread[:, 3])
                soft = x[:, 2] < p.soft_landing * centre[:, 2]
                signs = [strides["no_heel_strike"], lifted | tilted | swung_out, soft, dragged]
            else:
                flat = strides["foot_pitch_at_contact_deg"] < p.flat_contact_deg
                hanging = x[:, 0] < centre[:, 0] - np.maximum(p.hanging_deg, p.spreads * spread[:, 0])
                early = strides["foot_flat_s"] < p.early_flat_s
                signs = [flat, early, hanging, strides["no_heel_strike"], dragged]
        return np.asarray(np.sum(signs, axis=0))
