"""Test shapes: what was wrong with a guided test, as its room says it in English.

What {fields} hold: ``surefoot.web.retold``.
"""

from __future__ import annotations

from surefoot.web.language import N_

TESTS = (
    N_(
        "The {side} leg was already moving when the recording began. Tap start, keep still for two seconds, then begin."
    ),
    N_("No movement was seen. Put the sensors on, tap start, then do the test."),
    N_("The {side} sensor did not move with the other. Check that it is on the {leg} leg."),
    N_("Both sensors moved as one: they are on the same leg. Put one on each leg and do it again."),
    N_(
        "Movements were stronger than the {side} sensor can measure. Strap it tighter, set its range wider, and"
        " do the test again."
    ),
    N_("Readings are missing during the test ({n} s). Keep the phone or receiver near and do it again."),
    N_(
        "Walking was seen {n} s after the recording began, and no test before it. Tap start where you do the "
        "test, keep still for two seconds, then begin."
    ),
    N_("The {side} leg was shaken as in walking or jumping. {ask}, without stepping."),
    N_("Only {n} s were recorded. Tap start, do the whole test, then tap stop."),
    N_("{n} readings a second are too few for this test. Set the sensor to {n2}."),
    N_("Less than a second was recorded. Tap start, do the whole test, then tap stop."),
    N_("Nothing was recorded. Tap start, do the whole test, then tap stop."),
    N_("Sit with the feet under the knees, keep still for two seconds, then stand up and sit down"),
    N_("Only {n} of {n2} times were seen. {ask} five times, without stopping."),
    N_("No rise was seen. {ask} as often as you can in 30 seconds."),
    N_("It was stopped after {n} s. Go on until 30 seconds are over."),
    N_("The foot stays flat in this test. Wear the sensors just above the ankles."),
    N_("This looks like walking. {ask} on one spot, with both feet on the floor."),
    N_("The legs only swayed. {ask} all the way."),
    N_("The two legs did not move together. {ask} with both feet on the floor side by side."),
    N_(
        "Forward cannot be told from backward in this test alone. Walk ten steps with the sensors on before you"
        " tap start, then do it again."
    ),
    N_("There was a pause of {n} s. {ask} five times, without stopping."),
    N_("Stand on one leg, fingertips on a wall, lift the other foot, and rise onto your toes to the beat"),
    N_("This looks like walking. {ask}, on one spot."),
    N_("The heel did not rise 20 degrees. {ask}, as high as you can."),
    N_("The heel did not rise 3 cm. {ask}, as high as you can."),
    N_("The leg leaned or bent too far for a heel rise. {ask}, knee straight."),
    N_("The rises came unevenly, so they may not have been rises. {ask}, one every two seconds."),
    N_(
        "The {side} foot seems to have stayed on the floor. Stand on both feet for two seconds, lift the {foot}"
        " foot by bending the knee, then rise on the other."
    ),
    N_("Stand still for two seconds, lift your toes, walk {n} m on your heels, and stand still"),
    N_("This test needs a foot sensor: the shank cannot see whether the toes stay up."),
    N_("Too few strides were seen. {ask}."),
    N_("There was a stop of {n} s on the way. {ask} without stopping."),
    N_("The recording stopped before the test did. {ask}, then tap stop."),
    N_("The recording stopped before the test did. {ask}, keep still for two seconds, then tap stop."),
    N_(
        "Before the first step the toes of the {side} foot were not lifted, or hardly. {ask}. If they cannot be"
        " lifted, tell your care team."
    ),
    N_("The {side} foot did not stand the same way before and behind the walk. {ask}, soles flat."),
    N_("No walking was seen. {ask}."),
    N_("Sit, heel on the floor, and tap your toes as fast as you can for ten seconds"),
    N_("This test needs a foot sensor: with the heel down the shank keeps still while the toes tap."),
    N_("At {n} readings a second quick taps are lost. Set the sensor to 50 or more."),
    N_("This does not look like tapping. {ask}."),
    N_("Both feet moved. {ask}, with one foot only."),
    N_("Only {n} taps were quick enough to be seen. {ask}, toes well up each time."),
    N_("The tapping stopped or paused after {n} s. {ask}."),
    N_("Sit still for two seconds, get up, walk to the line three metres away, turn, walk back and sit down"),
    N_("The foot stays flat while you get up. Wear the sensors just above the ankles."),
    N_("No turn was seen. {ask}."),
    N_("No rise from the chair was seen before the first step. {ask}."),
    N_("The way there and back looked like {n} m, not 6 m. {ask}."),
    N_("Keep still for two seconds, then walk {n} m straight on at your own speed"),
    N_("Only {n} strides were seen. {ask}."),
    N_("The way looked like {n} m, not {n2} m. Measure it. {ask}."),
    N_("The way there looked like {n} m, not {n2} m. Measure it. {ask}."),
    N_("There was a turn of {n} degrees. The way looked like {n2} m, not {n3} m. Measure it. {ask}."),
    N_("There was a turn of {n} degrees. The way there looked like {n2} m, not {n3} m. Measure it. {ask}."),
    N_("There was a turn of {n} degrees, and nobody knows where. {ask}."),
    N_("There was a turn of {n} degrees. {ask}, or straight on and straight back."),
    N_("not usable"),
    N_("told in {name}, not in {name2}"),
    N_("told in no unit, not in {name}"),
    N_("told in {name}, not in a plain count"),
    N_(
        "No readings of this time were recorded: the sensors were not connected, or surefoot wear did not run. "
        "Look at your sensors on your page and do the test again."
    ),
    N_("Not usable: {reason}"),
    N_("{value}: {meaning} ({who}; {source})."),
    N_("{value}: {meaning} ({who}; {source}); {own}."),
    N_("{value}: {own}."),
    N_("no limits for all people are known; it is to be held against your own earlier results"),
    N_("{change} against your baseline of {value}"),
    N_("{change} against your baseline of {value}, less than the {least} that can be told from chance ({source})"),
    N_("{change} against your baseline of {value}, worse by more than the {least} of chance ({source})"),
    N_("{change} against your baseline of {value}, better by more than the {least} of chance ({source})"),
    N_("{n} m/s"),
    N_("{n} %"),
    N_("{n} taps"),
    N_("{n} stands"),
    N_("{who}: {n} to {limit}"),
    N_("{who}: up to {limit}"),
    N_("{who}: from {limit}"),
    N_("no impairment"),
    N_("mild impairment"),
    N_("moderate impairment"),
    N_("severe impairment"),
    N_("lumbar disease"),
    N_("few: most people with a sound calf do more than 5"),
    N_("adults"),
    N_("below the middle of all ages"),
    N_("at the middle or above"),
    N_("20-81 y: 24 men, 21 women"),
    N_("toes came down"),
    N_("toes stayed up"),
    N_("100 % is usual"),
    N_("below what is usual"),
    N_("usual"),
    N_("adults: about 40-55"),
    N_("below the usual range at 70-74 y"),
    N_("in the usual range of women at 70-74 y, below that of men"),
    N_("in the usual range at 70-74 y, below that of men at 60-64 y"),
    N_("in or above the usual range at 60-64 y"),
    N_("men 12-17, women 10-15"),
    N_("men 14-19, women 12-17"),
    N_("10-15, 12-17"),
    N_("12-17, 14-19"),
    N_("slower than usual"),
    N_("faster than usual"),
    N_("adults: 1.0-1.4 m/s"),
    N_("Staartjes and Schroder 2018, 2020"),
    N_("Rikli and Jones"),
    N_("Hebert-Losier 2017"),
    N_("clinical custom"),
    N_("general knowledge"),
    N_("our proposal"),
    N_("Charcot-Marie-Tooth studies, PMC3909942"),
    N_("disc herniation, n=134"),
    N_("older people with neurological disease, Caronni 2024"),
    N_("limits of agreement between days, Hebert-Losier 2017"),
)
