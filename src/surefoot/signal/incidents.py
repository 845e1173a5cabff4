"""Incidents on their way out: held until five seconds of raw signal behind them are there, then told with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from surefoot.records import SIDES, ContactKind, Incident, Samples, Side
from surefoot.signal.bouts import Walked
from surefoot.signal.footdrop import FootDropParams
from surefoot.signal.snippets import AROUND_S, Snippets
from surefoot.signal.table import StrideTable

Around = tuple[tuple[Samples, ...], tuple[tuple[Side, ContactKind, float], ...]]

CERTAIN_S = 15.0  # behind its end an incident is certain: what follows says whether somebody stood, or only sat
MARK_EVERY_S = 10.0  # of the strides that show foot drop, how often one's raw signal is kept until its bout is over


class IncidentBook:
    """Makes bouts of foot drop into incidents, and gives every incident its raw signal."""

    def __init__(self, foot_drop: FootDropParams, raw: Snippets) -> None:
        self._foot_drop = foot_drop
        self._raw = raw
        self._waiting: list[Incident] = []
        self._marks: dict[Side, list[float]] = {side: [] for side in SIDES}
        self._kept: dict[Side, list[tuple[float, Around]]] = {side: [] for side in SIDES}
        self._steps = np.zeros((0, 4))  # of strides still to be drawn: side, initial contact, final contact, end

    def notice(self, strides: StrideTable, incidents: Sequence[Incident]) -> None:
        """Strides in order of their end, and incidents found in them."""
        self.wait(incidents)
        new = [strides[name] for name in ("side", "start_s", "final_contact_s", "end_s")]
        self._steps = np.concatenate((self._steps, np.column_stack(new)))
        for k, side in enumerate(SIDES):
            for end_s in strides["end_s"][strides["foot_drop"] & (strides["side"] == k)].tolist():
                marks = self._marks[side]
                if not marks or end_s - marks[-1] >= MARK_EVERY_S:
                    marks.append(end_s)

    def wait(self, incidents: Sequence[Incident]) -> None:
        """Incidents found, to be told when they are certain."""
        self._waiting += incidents

    def tell(self, known_s: float, walked: Sequence[Walked]) -> list[Incident]:
        """The incidents certain by ``known_s``, among them those of the bouts just closed."""
        self._keep_marked(known_s)
        for walk in walked:
            self._waiting += [i for i in (self._dropped(walk, side) for side in SIDES) if i is not None]
        ready = [i for i in self._waiting if i.end_s + CERTAIN_S <= known_s]
        self._waiting = [i for i in self._waiting if i.end_s + CERTAIN_S > known_s]
        told = [i if i.snippet else _drawn(i, self._around(i.start_s)) for i in ready]
        self._steps = self._steps[self._steps[:, 3] >= self.needs_from(known_s)]
        return sorted(told, key=lambda i: (i.end_s, i.side or "", i.kind))

    def needs_from(self, known_s: float) -> float:
        """Raw signal before this time is not cut from any more."""
        marks = (m for ms in self._marks.values() for m in ms if m + AROUND_S > known_s)
        first = min([known_s, *(i.start_s for i in self._waiting), *marks])
        return min(first, known_s - CERTAIN_S) - AROUND_S - 5.0

    def _around(self, time_s: float) -> Around:
        """Raw signal and contacts; of strides that ended in that time, for later ones are not known everywhere yet."""
        first_s, last_s = time_s - AROUND_S, time_s + AROUND_S
        steps = self._steps[(self._steps[:, 3] > first_s) & (self._steps[:, 3] <= last_s)]
        contacts: set[tuple[Side, ContactKind, float]] = set()
        for k, start_s, final_s, end_s in steps.tolist():
            side, touched = SIDES[int(k)], [at_s for at_s in (start_s, end_s) if at_s >= first_s]
            contacts |= {(side, "initial", at_s) for at_s in touched}
            contacts |= {(side, "final", final_s)} if final_s >= first_s else set()
        return self._raw.cut(first_s, last_s), tuple(sorted(contacts, key=lambda one: (one[2], one[0])))

    def _keep_marked(self, known_s: float) -> None:
        for side, marks in self._marks.items():
            kept = self._kept[side]
            for mark in marks:
                if mark + AROUND_S <= known_s and (not kept or mark > kept[-1][0]):
                    kept.append((mark, self._around(mark)))
            self._marks[side] = marks[-1:]

    def _dropped(self, walk: Walked, side: Side) -> Incident | None:
        """A bout in which a foot dropped often enough to be told."""
        bout, p = walk.bout, self._foot_drop
        kept = [k for k in self._kept[side] if k[0] <= bout.end_s]
        self._kept[side] = [k for k in self._kept[side] if k[0] > bout.end_s]
        mine = walk.strides.take((walk.strides["side"] == SIDES.index(side)) & walk.strides["valid"])
        if len(mine) < p.incident_strides:
            return None
        share = float(mine["foot_drop"].mean())
        if share < p.incident_share:
            return None
        evidence = [("foot_drop_pct", 100.0 * share), ("strides", float(len(mine)))]
        for name in ("swing_height_m", "heel_strike_mps3", "shank_tilt_max_deg", "foot_pitch_at_contact_deg"):
            values = mine[name][np.isfinite(mine[name])]
            if len(values):
                evidence.append((name, float(np.median(values))))
        around = next((cut for mark, cut in reversed(kept) if mark >= bout.start_s), ((), ()))
        told = Incident("foot_drop", side, bout.start_s, bout.end_s, "probable", tuple(evidence))
        return _drawn(told, around)


def _drawn(incident: Incident, around: Around) -> Incident:
    snippet, contacts = around
    return replace(incident, snippet=snippet, contacts=contacts)
