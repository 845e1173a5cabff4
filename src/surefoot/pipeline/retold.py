"""Retold: a time that is told anew, with readings that came late or after a restart, takes the place of what was told.

The same thing found again begins a few milliseconds earlier or later where more is known of what lies around it. It
must not count twice, and what somebody answered about it must stay with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from surefoot.records import Incident
from surefoot.signal.told import WalkFindings

SAME_S = 1.0  # incidents of one kind and leg that begin nearer to each other are one (P)


class Retold:
    """Findings with the names they had before; ``known``: incidents of the time that is told anew."""

    def __init__(self, known: Sequence[Incident]) -> None:
        self._known = list(known)

    def named(self, findings: WalkFindings) -> WalkFindings:
        if not (self._known and findings.incidents):
            return findings
        return replace(findings, incidents=[self._named(one) for one in findings.incidents])

    def _named(self, found: Incident) -> Incident:
        """Each known one is found again once."""
        alike = [one for one in self._known if (one.kind, one.side) == (found.kind, found.side)]
        near = [one for one in alike if abs(one.start_s - found.start_s) < SAME_S]
        if not near:
            return found
        nearest = min(near, key=lambda one: abs(one.start_s - found.start_s))
        self._known.remove(nearest)
        return replace(found, start_s=nearest.start_s)
