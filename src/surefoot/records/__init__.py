"""The words that cross doorways between rooms: frozen values, units in their names.

Times are seconds on the clock of the source they came from; where that clock is Unix time (live wear, the demo) they
are UTC seconds since 1970. Intervals are half-open, ``[start, end)``. What is not known is ``None``, with a reason
beside it where there is one; never NaN, 0 or -1.
"""

from __future__ import annotations

from surefoot.records.course import (
    WORSE,
    Alert,
    Baseline,
    DayMetric,
    DaySummary,
    Tier,
    Trend,
    TrendState,
)
from surefoot.records.findings import (
    Activity,
    ActivityKind,
    Bout,
    Check,
    ClockCheck,
    Finding,
    Incident,
    IncidentKind,
    Minute,
    Rise,
    SideCheck,
    Slip,
    Stride,
    TestKind,
    TestResult,
)
from surefoot.records.orders import Affected, Confirmation, Learning, Limits, Order, Ordered, Question
from surefoot.records.samples import (
    SIDES,
    Array,
    Gap,
    Placement,
    Samples,
    Side,
    SurefootError,
)
from surefoot.records.told import (
    Aid,
    AidKind,
    Answer,
    AnswerWord,
    CheckIn,
    RedFlag,
    Teller,
    Treatment,
    TreatmentKind,
)
from surefoot.records.worn import (
    Donning,
    LinkState,
    SensorStatus,
    WornSensor,
)

__all__ = [
    "SIDES",
    "WORSE",
    "Activity",
    "ActivityKind",
    "Affected",
    "Aid",
    "AidKind",
    "Alert",
    "Answer",
    "AnswerWord",
    "Array",
    "Baseline",
    "Bout",
    "Check",
    "CheckIn",
    "ClockCheck",
    "Confirmation",
    "DayMetric",
    "DaySummary",
    "Donning",
    "Finding",
    "Gap",
    "Incident",
    "IncidentKind",
    "Learning",
    "Limits",
    "LinkState",
    "Minute",
    "Order",
    "Ordered",
    "Placement",
    "Question",
    "RedFlag",
    "Rise",
    "Samples",
    "SensorStatus",
    "Side",
    "SideCheck",
    "Slip",
    "Stride",
    "SurefootError",
    "Teller",
    "TestKind",
    "TestResult",
    "Tier",
    "Treatment",
    "TreatmentKind",
    "Trend",
    "TrendState",
    "WornSensor",
]
