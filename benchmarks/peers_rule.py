"""A plain gyroscope rule: what thirty-odd lines of numpy and scipy reach when they are told which way is forward.

Our own re-statement of the common method (Aminian 2002, Salarian 2004; zero-phase filters, so only for whole
recordings). Axis by principal component with its sign given; mid-swing is a peak of the 4 Hz low-passed rate; initial
contact is the first trough of the 15 Hz low-passed rate behind it, final contact the lowest one before it.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, find_peaks, sosfiltfilt

LEAST_PEAK_DPS = 50.0
APART_S = 0.5
BEFORE_S = AFTER_S = 0.5


def contacts(data: np.ndarray, rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Initial and final contacts, s, one of each for every swing; columns 3 to 5 of ``data``: forward, left, up."""
    gyr = data[:, 3:6] - np.median(data[:, 3:6], axis=0)
    axis = np.linalg.eigh(gyr.T @ gyr)[1][:, -1]
    sagittal = gyr @ (axis if axis[1] < 0 else -axis)  # the swing turns + about the right
    slow, fast = (sosfiltfilt(butter(2, hz, fs=rate_hz, output="sos"), sagittal) for hz in (4.0, 15.0))
    peaks, _ = find_peaks(slow, height=LEAST_PEAK_DPS, distance=max(1, round(APART_S * rate_hz)))
    peaks, span = peaks[(peaks > 2) & (peaks < len(slow) - 2)], round(AFTER_S * rate_hz)
    initial, final = np.empty(len(peaks)), np.empty(len(peaks))
    for k, peak in enumerate(peaks):
        after = fast[peak : peak + span]
        troughs, _ = find_peaks(-after, height=0.0)  # below zero: the leg has begun to turn back
        initial[k] = peak + (troughs[0] if len(troughs) else after.argmin())
        before = fast[max(0, peak - round(BEFORE_S * rate_hz)) : peak]
        final[k] = peak - len(before) + before.argmin()
    return initial / rate_hz, final / rate_hz
