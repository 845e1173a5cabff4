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
)
