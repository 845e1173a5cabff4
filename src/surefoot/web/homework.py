"""Homework: how to do each guided test at home, in plain steps, safety first."""

from __future__ import annotations

from collections.abc import Mapping

from surefoot.records import TestKind

SAFETY = (
    "Safety first: do it only if you have been told you may, with shoes you trust, somebody nearby, a chair without "
    "wheels against a wall, and something to hold on to. Stop at once if pain shoots into the leg, the leg gives way, "
    "or you feel unsafe. A leg that suddenly went weak, or trouble with bladder, bowel or saddle numbness, needs a "
    "doctor now and not a test."
)
TITLES: Mapping[TestKind, str] = {
    "sit_to_stand_5": "Five times sit-to-stand: seconds to stand up and sit down five times",
    "chair_stand_30s": "30-second chair stand: how often you stand up in half a minute",
    "timed_up_and_go": "Timed up and go: up, three metres, turn, back, sit; in seconds",
    "heel_rise": "Single-leg heel rise: how often one calf lifts you onto your toes",
    "heel_walk": "Heel walking: ten metres with the toes up (foot sensor)",
    "toe_tap": "Toe tapping: taps in ten seconds, heel down (foot sensor)",
    "walk_20m": "20-metre walk: your speed, and the measure of your strides",
}
_SENSORS = "Wear a sensor just above each ankle, snug. Walk ten steps, so that it is known which way they sit."
_FEET = "Wear a sensor on the instep of each foot, under the laces, snug. Walk ten steps."
_CHAIR = (
    "Put a firm chair (seat about 45 cm high) with its back against a wall. Sit in the middle, feet flat, under the "
    "knees, and leave them there."
)
_ARMS = (
    "Cross your arms on your chest. If you cannot rise without them, use them and tell your care team: the sensors "
    "cannot see it."
)
_TAP = "Tap start. Keep still for two seconds."
_END = "Keep still for two seconds, then tap stop."
STEPS: Mapping[TestKind, tuple[str, ...]] = {
    "sit_to_stand_5": (
        _SENSORS,
        _CHAIR,
        _ARMS,
        _TAP,
        "Stand up until the knees are straight and sit down again, five times, as quickly as is safe, without a pause.",
        f"Stay seated after the fifth time. {_END}",
    ),
    "chair_stand_30s": (
        _SENSORS,
        _CHAIR,
        _ARMS,
        _TAP,
        "Stand up fully and sit down again as often as you can for 30 seconds. Somebody should watch the clock.",
        "Go on until a few seconds after the 30, then tap stop.",
    ),
    "timed_up_and_go": (
        _SENSORS,
        "Mark a line three metres in front of a firm chair. Use your usual stick, and always the same.",
        f"Sit with your back against the chair. {_TAP}",
        "Get up, walk to the line at your own speed, turn, walk back, turn and sit down.",
        _END,
    ),
    "heel_rise": (
        _SENSORS,
        "Stand at a wall or worktop, fingertips on it, knees straight. Set a metronome to 60 beats a minute.",
        f"Stand on both feet. {_TAP}",
        "Bend the other knee so that its foot is off the floor, and wait two seconds.",
        "Rise onto your toes as high as you can on one beat, down on the next, until you cannot go half as high, lose "
        "the beat, or must put the other foot down.",
        _END,
    ),
    "heel_walk": (
        _FEET,
        "Mark ten metres along a wall or a rail you can hold.",
        f"Stand with both soles flat. {_TAP}",
        "Lift the toes of both feet, wait a second, and walk the ten metres on your heels without letting them down.",
        f"Put the soles flat again. {_END}",
    ),
    "toe_tap": (
        _FEET,
        "Sit with the foot flat on the floor, the knee at a right angle.",
        _TAP,
        "Keep the heel down and tap the toes of that foot as fast and as high as you can until ten seconds are over.",
        f"{_END} Then do the other foot in a recording of its own.",
    ),
    "walk_20m": (
        _SENSORS,
        "Measure 20 metres of flat, straight, free way with a tape; say another length with --distance.",
        f"Stand with your toes at the beginning. {_TAP}",
        "Walk to the end at your own comfortable speed and stop with your toes on the mark. Or turn at the mark and "
        "walk straight back without a stop: then only the way there is counted.",
        _END,
    ),
}
_ON_PAGE = {  # what a page does itself, or asks otherwise than files do
    " Set a metronome to 60 beats a minute.": "",
    "; say another length with --distance.": ".",
    " Then do the other foot in a recording of its own.": " Then do the other foot as another test.",
    " Somebody should watch the clock.": "",
    "Go on until a few seconds after the 30, then tap stop.": "When the page says stop, sit still until it goes on.",
    "Tap start": "Tap Start",
    "then tap stop": "then tap Stop",
}


def steps_on_page(kind: TestKind) -> list[str]:
    """The steps of a test as the patient's page leads through it."""
    steps = list(STEPS[kind])
    for said, instead in _ON_PAGE.items():
        steps = [step.replace(said, instead) for step in steps]
    return steps
