"""Work shapes: how to do each guided test, as the terminal and the pages have it in English.

What {fields} hold: ``surefoot.web.retold``.
"""

from __future__ import annotations

from surefoot.web.language import N_

WORK = (
    N_(
        "Safety first: do it only if you have been told you may, with shoes you trust, somebody nearby, a chair"
        " without wheels against a wall, and something to hold on to. Stop at once if pain shoots into the leg,"
        " the leg gives way, or you feel unsafe. A leg that suddenly went weak, or trouble with bladder, bowel "
        "or saddle numbness, needs a doctor now and not a test."
    ),
    N_("Five times sit-to-stand: seconds to stand up and sit down five times"),
    N_("30-second chair stand: how often you stand up in half a minute"),
    N_("Timed up and go: up, three metres, turn, back, sit; in seconds"),
    N_("Single-leg heel rise: how often one calf lifts you onto your toes"),
    N_("Heel walking: ten metres with the toes up (foot sensor)"),
    N_("Toe tapping: taps in ten seconds, heel down (foot sensor)"),
    N_("20-metre walk: your speed, and the measure of your strides"),
    N_("Wear a sensor just above each ankle, snug."),
    N_("Walk ten steps, so that it is known which way they sit."),
    N_("Wear a sensor on the instep of each foot, under the laces, snug."),
    N_("Walk ten steps."),
    N_("Put a firm chair (seat about 45 cm high) with its back against a wall."),
    N_("Sit in the middle, feet flat, under the knees, and leave them there."),
    N_("Cross your arms on your chest."),
    N_("If you cannot rise without them, use them and tell your care team: the sensors cannot see it."),
    N_("Tap Start."),
    N_("Keep still for two seconds."),
    N_("Keep still for two seconds, then tap Stop."),
    N_("Stand up until the knees are straight and sit down again, five times, as quickly as is safe, without a pause."),
    N_("Stay seated after the fifth time."),
    N_("Stand up fully and sit down again as often as you can for 30 seconds."),
    N_("When the page says stop, sit still until it goes on."),
    N_("Mark a line three metres in front of a firm chair."),
    N_("Use your usual stick, and always the same."),
    N_("Sit with your back against the chair."),
    N_("Get up, walk to the line at your own speed, turn, walk back, turn and sit down."),
    N_("Stand at a wall or worktop, fingertips on it, knees straight."),
    N_("Stand on both feet."),
    N_("Bend the other knee so that its foot is off the floor, and wait two seconds."),
    N_(
        "Rise onto your toes as high as you can on one beat, down on the next, until you cannot go half as "
        "high, lose the beat, or must put the other foot down."
    ),
    N_("Mark ten metres along a wall or a rail you can hold."),
    N_("Stand with both soles flat."),
    N_("Lift the toes of both feet, wait a second, and walk the ten metres on your heels without letting them down."),
    N_("Put the soles flat again."),
    N_("Sit with the foot flat on the floor, the knee at a right angle."),
    N_("Keep the heel down and tap the toes of that foot as fast and as high as you can until ten seconds are over."),
    N_("Then do the other foot as another test."),
    N_("Measure 20 metres of flat, straight, free way with a tape."),
    N_("Stand with your toes at the beginning."),
    N_("Walk to the end at your own comfortable speed and stop with your toes on the mark."),
    N_("Or turn at the mark and walk straight back without a stop: then only the way there is counted."),
)
