"""Pictures of one leg: alignment, contacts, landings without a strike, what is still missed, the path of a stride."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from drawing import (
    BLUE,
    FOUND_INITIAL,
    GREEN,
    GREY,
    INK,
    RED,
    TRUE_FINAL,
    TRUE_INITIAL,
    Leg,
    canvas,
    contacts,
    leg,
    legend,
    legend_beside,
    lines,
    save,
)
from scipy.spatial.transform import Rotation

from surefoot.records import SIDES, Array, Placement
from surefoot.signal.alignment import Aligned, Alignment, AlignmentParams
from surefoot.signal.contacts import FORWARD, RATE, SLOW, UP, YAW, ContactParams, contact_params
from surefoot.signal.hops import hop_length, reduce_to_hops
from surefoot.signal.path import GRAVITY_MPS2
from surefoot.signal.path import Path as StridePath
from surefoot.signal.strides import StrideMeter, StrideParams

FINAL_LATE_S = 0.040  # of marpino's toe sensors, as in accuracy.py


def alignment(read: Any, folder: Path) -> Path:
    """A stroke patient's shank sensor, turned any way, before and after."""
    recording = read.read(read.HERE / "movingreality" / "1019_pp09_exported000.npz")
    rate_hz, until_s = recording.rate_hz, 16.0
    turned = Rotation.random(random_state=4).as_matrix()
    acc, gyr = (x @ turned.T for x in recording.sensors["left_shank"])
    seen = leg((acc, gyr), rate_hz, "shank")
    own_foot = leg(recording.sensors["left_foot"], rate_hz, "foot")
    figure, (raw, sure, body) = canvas(3, size=(9, 6.6), sharex=True, height_ratios=(1, 0.7, 1))
    t = np.arange(int(until_s * rate_hz)) / rate_hz
    for k, style in enumerate(("-", "--", ":")):
        raw.plot(t, gyr[: len(t), k], style, color=(INK, RED, BLUE)[k], linewidth=1.0, label=f"sensor axis {'xyz'[k]}")
    raw.set(ylabel="rate, deg/s", title="what the sensor delivers: no axis is the leg's")
    legend(raw, "upper left", ncols=3)
    raw.set_ylim(None, 1.35 * np.abs(gyr[: len(t)]).max())
    finder, length = Alignment("shank"), hop_length(rate_hz)
    count = int(until_s * rate_hz) // length * length
    states = finder.update(reduce_to_hops(acc[:count].T.copy(), gyr[:count].T.copy(), length))
    p, block_s = AlignmentParams(), finder.block_hops * length / rate_hz
    for k, state in enumerate(states):
        known = isinstance(state, Aligned)
        sure.plot((k + 1) * block_s, state.confidence if known else 0, "o" if known else "x", color=INK, markersize=7)
    silent = max(k for k, state in enumerate(states) if not isinstance(state, Aligned)) + 1
    sure.axhline(p.least_vote_at_first, color=RED, linestyle="--", linewidth=1, label="needed at first")
    sure.axhline(1.0, color=GREY, linestyle=":", linewidth=1.2, label="needed later")
    told = {"xytext": (10, 0), "textcoords": "offset points", "va": "center"}
    sure.annotate("not yet: too little walking", (silent * block_s, 0), **told)
    sure.set(ylabel="vote for the sign\n(1 = least)", title="how sure the sign is, every 2 s (o: a frame is told)")
    sure.set_ylim(-0.8, 4)
    legend(sure, "upper left", ncols=2)
    contacts(body, seen, (0, until_s))
    lines(body, own_foot.initial_s, (0, until_s), TRUE_INITIAL, "initial contact by the sensor on the same foot")
    body.set(ylabel="sagittal rate, deg/s", xlabel="s")
    body.set_title("after turning: swing is positive (the first frame also serves the seconds before it)")
    legend(body, "upper left", ncols=3)
    body.set_ylim(None, 1.5 * seen.row(RATE)[: len(t)].max())
    title = "Alignment: ankle of a person after stroke, treadmill 0.9 m/s; sensor turned at random"
    return save(figure, folder, "alignment", title)


def ankle(read: Any, folder: Path) -> Path:
    """Contacts at an elderly ankle, with pressure sensors under heel and toe."""
    recording = read.read(read.HERE / "marpino" / "Elderly__20180417_7.npz")
    seen = leg(recording.sensors["right_shank"], recording.rate_hz, "shank")
    true_initial = recording.reference["right_ic_s"]
    true_final = recording.reference["right_to_s"] - FINAL_LATE_S
    span = (true_final[0] - 0.7, true_initial[-1] + 0.7)
    return _with_truth(
        seen, true_initial, true_final, span, 1, folder, "contacts-ankle",
        "Contacts at the ankle: elderly person, 100 Hz; truth: pressure sensors under heel and toe (toe - 40 ms)",
    )  # fmt: skip


def foot(read: Any, folder: Path) -> Path:
    """Contacts on a foot, with optical motion capture."""
    recording = read.read(read.HERE / "gaitmap" / "healthy_2x20m.npz")
    seen = leg(recording.sensors["right_foot"], recording.rate_hz, "foot")
    true_initial, true_final = (recording.reference[f"right_{e}_s"] for e in ("ic", "to"))
    span = (true_initial[5] - 0.6, true_initial[9] + 0.5)
    return _with_truth(
        seen, true_initial, true_final, span, 6, folder, "contacts-foot",
        "Contacts on the foot: healthy person, 204.8 Hz; truth: optical motion capture",
    )  # fmt: skip


def _with_truth(
    seen: Leg,
    true_initial: Array,
    true_final: Array,
    span: tuple[float, float],
    near: int,
    folder: Path,
    name: str,
    title: str,
) -> Path:
    """Rate and jerk over some strides, and one landing close up."""
    figure, axes = canvas(2, 2, size=(9, 5), width_ratios=(2.4, 1))
    close = (true_initial[near] - 0.22, true_initial[near] + 0.22)
    for column, window in enumerate((span, close)):
        rate, jerk = axes[:, column]
        contacts(rate, seen, window)
        t, j = seen.time_s, seen.jerk() / 1000
        inside = (t >= window[0]) & (t <= window[1])
        jerk.plot(t[inside], j[inside], color=INK, linewidth=1.1, label="size of the jerk" if column == 0 else None)
        at = seen.initial_s[(seen.initial_s >= window[0]) & (seen.initial_s <= window[1])]
        jerk.plot(at, np.interp(at, t, j), **FOUND_INITIAL)
        for axis in (rate, jerk):
            lines(axis, true_initial, window, TRUE_INITIAL, "true initial contact")
            lines(axis, true_final, window, TRUE_FINAL, "true final contact")
            axis.set_xlim(*window)
        jerk.set_xlabel("s")
        rate.set_title("several strides" if column == 0 else "one landing")
    axes[0, 0].set_ylabel("sagittal rate, deg/s")
    axes[1, 0].set_ylabel("jerk, 1000 m/s³")
    low, high = axes[0, 0].get_ylim()
    axes[0, 0].set_ylim(low, high + 0.45 * (high - low))
    legend(axes[0, 0], "upper left", ncols=2)
    return save(figure, folder, name, title)


def strikes(read: Any, folder: Path) -> Path:
    """A leg that is held after its swing and put down late, beside its other leg."""
    recording = read.read(read.HERE / "movingreality" / "1019_pp01_exported000.npz")
    rate_hz, params = recording.rate_hz, contact_params("shank")
    figure, axes = canvas(2, 2, size=(9, 5.6), sharey="row")
    marks = (("o", BLUE, "trough of the rate"), ("v", RED, "strike"), ("X", INK, "end of swing"))
    for column, side in enumerate(SIDES):
        seen = leg(recording.sensors[f"{side}_shank"], rate_hz, "shank")
        own_foot = leg(recording.sensors[f"{side}_foot"], rate_hz, "foot")
        span = (seen.initial_s[20] - 0.8, seen.initial_s[20] + 6.0)
        t = seen.time_s
        inside = (t >= span[0]) & (t <= span[1])
        rate, below = axes[:, column]
        rate.axhline(0, color=GREY, linewidth=0.6)
        rate.plot(t[inside], seen.row(RATE)[inside], color=INK, linewidth=1.1)
        lines(rate, own_foot.initial_s, span, TRUE_INITIAL, "by the sensor on the same foot")
        ratio, late_ms = _landings(seen, params)
        source = seen.swings.source
        for k, (marker, colour, words) in enumerate(marks):
            at = seen.initial_s[seen.swings.source == k]
            at = at[(at >= span[0]) & (at <= span[1])]
            how = {"marker": marker, "color": colour, "linestyle": ""}
            rate.plot(at, np.interp(at, t, seen.row(RATE)), **how, markersize=8, label=f"by {words}")
            below.plot(late_ms[source == k], ratio[source == k], **how, markersize=5)
        later = 100 * (late_ms > 1000 * params.initial_window_s).mean()
        rate.set(title=f"{side} leg: {later:.0f} % of {len(source)} contacts come late", xlabel="s", xlim=span)
        below.axhline(params.least_strike, color=GREEN, linestyle="--", label="least of a strike")
        below.axvline(1000 * params.initial_window_s, color=GREY, linestyle=":", label="late from here on")
        below.set(yscale="log", xlabel="contact, ms from the end of the swing", xlim=(-120, 420))
        below.set_yticks((1, 3, 10, 30), ("1", "3", "10", "30"))
    axes[0, 0].set_ylabel("sagittal rate, deg/s")
    axes[1, 0].set_ylabel("jerk of landing /\njerk of its own swing")
    axes[0, 0].set_ylim(None, 330)
    legend(axes[0, 0], "upper left", ncols=2)
    legend(axes[1, 0], "lower right")
    angle = recording.info["fsa_vicon_deg"]
    title = f"A leg put down late: after stroke, 0.4 m/s; optical foot-strike angle {angle:.0f} deg (healthy 22-40)"
    return save(figure, folder, "strikes", title)


def _landings(seen: Leg, params: ContactParams) -> tuple[Array, Array]:
    """Greatest jerk of each landing over the usual jerk of its own swing; how long after the swing the contact came."""
    jerk, peak, hz = seen.jerk(), seen.swings.peak - seen.body.start, seen.rate_hz
    swing = [np.median(jerk[k - round(0.1 * hz) : k + round(0.1 * hz)]) for k in peak]
    over = [int((seen.row(RATE)[k:] <= params.swing_over * seen.row(SLOW)[k]).argmax()) for k in peak]
    windows = [
        _around((k + n) / hz, hz, params.before_end_s, params.late_window_s) for k, n in zip(peak, over, strict=True)
    ]
    late_ms = 1000 * (seen.swings.initial - (seen.swings.peak + np.array(over))) / hz
    return np.array([jerk[w].max() for w in windows]) / np.array(swing), late_ms


def _around(at_s: float, rate_hz: float, before_s: float, after_s: float) -> slice:
    return slice(max(0, round((at_s - before_s) * rate_hz)), round((at_s + after_s) * rate_hz))


@dataclass(frozen=True)
class Miss:
    """One initial contact that found no partner: missed, or found where the reference has none."""

    recording: Any
    side: str
    placement: Placement
    seen: Leg
    at_s: float
    missed: bool
    why: str


def misses(read: Any, score: Any, folder: Path) -> Path:
    """Up to twelve of the initial contacts still missed or extra at marpino's ankles and ipol1's feet."""
    found = [m for which in ("marpino", "ipol1") for m in _misses(read, score, which)]
    for which in ("marpino", "ipol1"):
        counted = Counter((m.why, m.missed) for m in found if m.recording.set == which)
        for (why, missed), count in sorted(counted.items()):
            print(f"    {which}: {count} {'missed' if missed else 'extra'}, {why}")
    figure, axes = canvas(3, 4, size=(11, 7.2))
    for axis, miss in zip(axes.flat, _varied(found, 12), strict=False):
        span = (miss.at_s - 1.4, miss.at_s + 1.4)
        contacts(axis, miss.seen, span)
        t = miss.seen.time_s
        inside = (t >= span[0]) & (t <= span[1])
        axis.plot(t[inside], miss.seen.row(YAW)[inside], ":", color=BLUE, linewidth=1, label="rate about the vertical")
        lines(
            axis, miss.recording.reference[f"{miss.side}_ic_s"], span, TRUE_INITIAL, "initial contact in the reference"
        )
        axis.axvspan(miss.at_s - 0.09, miss.at_s + 0.09, color="#f5d76e", alpha=0.7, zorder=0)
        kind = "missed" if miss.missed else "extra"
        axis.set_title(f"{miss.recording.set} {miss.recording.id.split('__')[-1]}: {kind}\n{miss.why}", fontsize=8.5)
        axis.tick_params(labelsize=8)
    for axis in axes[:, 0]:
        axis.set_ylabel("deg/s")
    handles, words = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside lower center", ncols=4, frameon=False)
    title = "What is left: initial contacts without a partner (yellow) at marpino's ankles and on ipol1's feet"
    return save(figure, folder, "misses", title)


def _misses(read: Any, score: Any, which: str) -> Iterator[Miss]:
    placement: Placement = "shank" if which == "marpino" else "foot"
    for recording in read.recordings(which):
        for side in SIDES:
            true = recording.reference[f"{side}_ic_s"]
            if not len(true):
                continue
            seen = leg(recording.sensors[f"{side}_{placement}"], recording.rate_hz, placement)
            found = seen.initial_s
            found = found[(found >= true[0] - 0.5) & (found <= true[-1] + 0.5)]
            pairs = score.match(found, true)
            lost = np.delete(true, pairs[:, 1])
            extra = np.delete(found, pairs[:, 0])
            for at, missed, others in [(x, True, extra) for x in lost] + [(x, False, lost) for x in extra]:
                why = _why(seen, at, missed, others, true)
                yield Miss(recording, side, placement, seen, float(at), missed, why)


def _why(seen: Leg, at: float, missed: bool, others: Array, true: Array) -> str:
    """A word on why, from the signal and the place in the walk."""
    before = _around(at - seen.body.start / seen.rate_hz, seen.rate_hz, 0.35, 0.05)
    swing = seen.row(SLOW)[before].max() / np.median(seen.swings.height)
    about = _around(at - seen.body.start / seen.rate_hz, seen.rate_hz, 0.8, 0.5)
    turned = abs(seen.row(YAW)[about].sum() / seen.rate_hz)
    if len(others) and np.abs(others - at).min() < 0.6:
        return "same step, told over 250 ms apart"
    if not missed and swing > 0.75:
        return "plain swing, no pulse in the reference"
    if turned > 45:
        return "pivot step of a turn"
    if missed and at in (true[0], true[-1]):
        return f"{'first' if at == true[0] else 'last'} small step"
    return "pulse in stance, no swing" if missed and swing < 0.35 else "small step"


def _varied(found: list[Miss], count: int) -> list[Miss]:
    """As many kinds as there are, from as many recordings as possible, in the order found."""
    chosen: list[Miss] = []
    while len(chosen) < min(count, len(found)):
        used = Counter(m.recording.id for m in chosen)
        kinds = Counter((m.recording.set, m.why) for m in chosen)
        rest = [m for m in found if m not in chosen]
        chosen.append(min(rest, key=lambda m: (kinds[m.recording.set, m.why], used[m.recording.id])))
    return sorted(chosen, key=lambda m: (m.recording.set != "marpino", m.why, m.at_s))


def path(read: Any, folder: Path) -> Path:
    """One stride between two mid-stances, with the belt's speed."""
    recording = read.read(read.HERE / "movingreality" / "1019_pp04_exported000.npz")
    rate_hz, params = recording.rate_hz, StrideParams()
    seen = leg(recording.sensors["right_shank"], rate_hz, "shank")
    table = StrideMeter("right", "shank", rate_hz, 0.0, params).update(seen.swings, seen.body, last=True)
    speed = table["speed_mps"]
    k = int(np.argmin(np.abs(speed - np.nanmedian(speed))))
    a, b = (_mid_stance(seen, table[name][k], table["stride_time_s"][k], params) for name in ("start_s", "end_s"))
    walked = StridePath(seen.body, np.array([a]), np.array([b]), rate_hz, params.pendulum_m, params.least_gravity_mps2)
    tilt = walked.tilt[0]
    t = np.arange(a, b + 1) / rate_hz
    share = np.linspace(0, 1, len(t))
    forward, up, rate = (seen.row(r)[a - seen.body.start : b + 1 - seen.body.start] for r in (FORWARD, UP, RATE))
    ends = -np.deg2rad(rate[[0, -1]]) * params.pendulum_m
    plain = tilt[0] - np.deg2rad(_integral(rate, rate_hz))
    gained = _integral(forward * np.cos(tilt) + up * np.sin(tilt), rate_hz)
    velocity = ends[0] + gained + share * (ends[1] - ends[0] - gained[-1])
    lifted = _integral(up * np.cos(tilt) - forward * np.sin(tilt) - GRAVITY_MPS2, rate_hz)
    height = _integral(lifted - share * lifted[-1], rate_hz)
    figure, axes = canvas(3, size=(9, 6.4), sharex=True)
    axes[0].plot(t, np.rad2deg(plain), "--", color=GREY, label="integral of the rate")
    axes[0].plot(t, np.rad2deg(tilt), color=INK, label="drift taken out")
    axes[0].plot(t[[0, -1]], np.rad2deg(tilt[[0, -1]]), "s", color=GREEN, label="gravity at mid-stance")
    axes[0].set_ylabel("tilt, deg")
    axes[1].plot(t, ends[0] + gained, "--", color=GREY, label="integral of\nthe acceleration")
    axes[1].plot(t, velocity, color=INK, label="drift taken out")
    axes[1].plot(t[[0, -1]], ends, "s", color=GREEN, label="pendulum at mid-stance")
    belt, mean = recording.info["speed_fixed"], float(velocity[1:].mean())
    axes[1].axhline(mean, color=RED, linestyle=":", linewidth=1.6, label=f"mean {mean:.2f} m/s")
    axes[1].axhline(belt, color=GREEN, linestyle="-.", linewidth=1.4, label=f"belt {belt:.2f} m/s (true)")
    axes[1].set_ylabel("forward velocity, m/s")
    axes[2].plot(t, 100 * (height - share * height[-1]), color=INK, label="height over the\nline between both ends")
    axes[2].set(ylabel="height, cm", xlabel="s")
    for axis in axes:
        axis.axvline(table["end_s"][k], color=RED, linewidth=1, linestyle=(0, (1, 1)))
        axis.axvline(table["final_contact_s"][k], color=BLUE, linewidth=1, linestyle=(0, (1, 1)))
        legend_beside(axis)
    for at, words in ((table["final_contact_s"][k], " final contact"), (table["end_s"][k], " initial contact")):
        axes[2].annotate(words, (at, 0), xycoords=("data", "axes fraction"), xytext=(0, 6), textcoords="offset points")
    return save(
        figure,
        folder,
        "path",
        "The path of one stride from mid-stance to mid-stance: ankle, person after stroke, treadmill 1.2 m/s",
    )


def _mid_stance(seen: Leg, contact_s: float, length_s: float, params: StrideParams) -> int:
    first = round((contact_s + params.stance_from * length_s) * seen.rate_hz)
    count = max(1, round((params.stance_to - params.stance_from) * length_s * seen.rate_hz))
    return first + int(np.abs(seen.body.windows(SLOW, np.array([first]), count)[0]).argmin())


def _integral(x: Array, rate_hz: float) -> Array:
    return np.concatenate([[0.0], np.cumsum(0.5 * (x[1:] + x[:-1]))]) / rate_hz
