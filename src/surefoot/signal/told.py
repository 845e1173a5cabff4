"""What is told of walking with one update, and the parameters it is told by."""

from __future__ import annotations

from dataclasses import dataclass, field

from surefoot.records import Activity, Array, Bout, Check, Finding, Incident, Minute, Rise, Side
from surefoot.signal.activity import ActivityParams
from surefoot.signal.bouts import BoutParams
from surefoot.signal.clocks import ClockParams
from surefoot.signal.company import CompanyParams
from surefoot.signal.falls import FallParams
from surefoot.signal.footdrop import FootDropParams
from surefoot.signal.givingway import GivingWayParams
from surefoot.signal.incidents import CERTAIN_S
from surefoot.signal.leg import LegParams
from surefoot.signal.seats import Seat
from surefoot.signal.sides import SideParams
from surefoot.signal.standing import StandingParams
from surefoot.signal.stumbles import StumbleParams
from surefoot.signal.table import StrideTable
from surefoot.signal.terrain import TerrainParams


@dataclass(frozen=True, slots=True)
class WalkParams:
    """Everything that can be tuned about walking."""

    leg: LegParams = field(default_factory=LegParams)
    bouts: BoutParams = field(default_factory=BoutParams)
    foot_drop: FootDropParams = field(default_factory=FootDropParams)
    company: CompanyParams = field(default_factory=CompanyParams)
    terrain: TerrainParams | None = None  # None: those of the placement
    giving_way: GivingWayParams = field(default_factory=GivingWayParams)
    standing: StandingParams = field(default_factory=StandingParams)
    stumbles: StumbleParams = field(default_factory=StumbleParams)
    falls: FallParams = field(default_factory=FallParams)
    sides: SideParams = field(default_factory=SideParams)
    clocks: ClockParams = field(default_factory=ClockParams)
    activity: ActivityParams = field(default_factory=ActivityParams)
    length_factors: tuple[tuple[Side, float], ...] = ()  # of this person, from walks of a known way


USUAL = WalkParams()


@dataclass(frozen=True, slots=True, eq=False)
class WalkFindings:
    """What became certain with one update, each kind in time order."""

    strides: StrideTable
    bouts: list[Bout]
    incidents: list[Incident]
    minutes: list[Minute]
    contacts: dict[Side, tuple[Array, Array]]  # initial and final, s, as soon as each leg knows them
    checks: list[Check] = field(default_factory=list)  # of how the sensors sit, on which leg, and of their clocks
    activities: list[Activity] = field(default_factory=list)
    rises: list[Rise] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)  # how the sensors sat, as often as it was learned anew

    def records(self) -> list[Finding]:
        """All but activities and rises, in the order in which they became certain; those two come minutes later."""
        wait = CompanyParams().wait_s
        delay = wait + BoutParams().longest_break_s + BoutParams().longest_stride_s
        keyed: list[tuple[float, int, Finding]] = [(s.end_s + wait, 0, s) for s in self.strides]
        keyed += [(m.start_s + 60.0, 1, m) for m in self.minutes]
        keyed += [(b.end_s + delay, 2, b) for b in self.bouts]
        keyed += [(i.end_s + wait + CERTAIN_S, 3, i) for i in self.incidents]
        keyed += [(c.at_s + wait, 4, c) for c in self.checks]
        return [finding for _, _, finding in sorted(keyed, key=lambda x: x[:2])]
