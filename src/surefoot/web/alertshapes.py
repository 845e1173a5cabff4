"""Alert shapes: the sentences of alerts, and what patients are asked and told, as their rooms compose them in English.

What {fields} hold: ``surefoot.web.retold``.
"""

from __future__ import annotations

from surefoot.web.language import N_

ALERTS = (
    N_("Left leg"),
    N_("Right leg"),
    N_("Both legs"),
    N_("{leg} weaker ({what}): {parts} on {n} worn day in a row, {n2} h worn that day; {speed}."),
    N_("{leg} weaker ({what}): {parts} on {n} worn days in a row, {n2} h worn that day; {speed}."),
    N_("{leg} weaker ({what}): {parts} over the last worn days, {n2} h worn that day; {speed}."),
    N_("{leg} weaker ({what}): {parts} on {n} worn day in a row; {speed}."),
    N_("{leg} weaker ({what}): {parts} on {n} worn days in a row; {speed}."),
    N_("{leg} weaker ({what}): {parts} over the last worn days; {speed}."),
    N_(
        "{leg} suddenly weaker ({what}): {parts}, in the last {n} strides, within {n2} minutes, against the "
        "last {n3} good days."
    ),
    N_("{leg} suddenly weaker ({what}): {parts}, in the last {n} strides, within {n2} minutes, against the last days."),
    N_("The other leg has changed likewise."),
    N_("The other leg is as usual."),
    N_(
        "{leg} weaker from day to day ({what}): by {n} spreads in a fortnight, {n2} worn days (Mann-Kendall p "
        "{n3}; what noise reaches is {n4})."
    ),
    N_(
        "{leg} weaker from day to day despite {treatments} ({what}): by {n} spreads in a fortnight, {n2} worn "
        "days (Mann-Kendall p {n3}; what noise reaches is {n4})."
    ),
    N_("{treatment} since {day}"),
    N_(
        "Both legs weaker ({what}), the left leg now, the other since {day}: contact the patient today and ask "
        "about red flags."
    ),
    N_(
        "Both legs weaker ({what}), the right leg now, the other since {day}: contact the patient today and ask"
        " about red flags."
    ),
    N_("{sentence} (Of this root and leg people were told on {day}: for the weekly reading.)"),
    N_("speed not known"),
    N_("speed unchanged"),
    N_("foot lifting, pattern compatible with L5-type weakness"),
    N_("push-off, pattern compatible with S1-type weakness"),
    N_("knee control, pattern compatible with L4-type weakness"),
    N_("giving way more often"),
    N_("{number} above own normal"),
    N_("{number} below own normal"),
    N_("{number} {n} % above own normal"),
    N_("{number} {n} % below own normal"),
    N_("{number} {n} points above own normal"),
    N_("{number} {n} points below own normal"),
    N_("{number} {n} deg above own normal"),
    N_("{number} {n} deg below own normal"),
    N_("{number} {n} cm above own normal"),
    N_("{number} {n} cm below own normal"),
    N_("{number} {n} s above own normal"),
    N_("{number} {n} s below own normal"),
    N_("{number} {n} a day above own normal"),
    N_("{number} {n} a day below own normal"),
    N_("{number} {n} above own normal"),
    N_("{number} {n} below own normal"),
    N_("tilt of the shank in swing"),
    N_("lift of the ankle"),
    N_("push-off"),
    N_("speed"),
    N_("angle of the landing foot"),
    N_("toe taps"),
    N_("{leg} seems to give way more often: {what} ({usually})."),
    N_("{n} times within 24 hours, as the patient says"),
    N_("{n} times within 24 hours"),
    N_("{n} times within 7 days"),
    N_("the limit set for this patient is {n}"),
    N_("{n} are chance in 1 of {n2} weeks"),
    N_("{n} are chance in 1 of {n2} days"),
    N_("before: {n} in {n2} worn days"),
    N_("nothing is known of before"),
    N_("{n} in 24 hours that the patient says were so, the usual limit"),
    N_("{n} in 24 hours, from this leg's own rate: the usual limit"),
    N_("{n} in 7 days, from this leg's own rate: the usual limit"),
    N_("A fall-like event, and the patient says that it was so. Call today; ask about injuries and red flags."),
    N_(
        "Not a diagnosis: events that look like giving way at the ankle; a forward step of the trunk can look "
        "the same. What is claimed of them rests on simulated walkers. A day without one is no proof that the "
        "knee held."
    ),
    N_(
        "Not a diagnosis. Two legs that weaken within days are a warning sign that needs asking about saddle "
        "numbness, bladder and bowel the same day; a bad week, illness or new shoes can look the same."
    ),
    N_(
        "Not a diagnosis and not an emergency alarm: ankle sensors see how the leg moves, not why. New shoes, a"
        " brace, a stick, pain or a sensor that sits differently can look the same. Saddle numbness or trouble "
        "with bladder or bowel cannot be seen and need asking."
    ),
    N_("Red flag, told by the patient: {flags}."),
    N_("Red flag, told by the companion: {flags}."),
    N_("The emergency text was shown at once; make sure that the patient is being helped."),
    N_("A fall-like event, and no rising for {n} minutes (probable); {answered}."),
    N_("A fall-like event, and no rising for {n} minutes (possible); {answered}."),
    N_("the patient said it was so"),
    N_("the companion said it was so"),
    N_("nobody has answered"),
    N_(
        "Told by the patient or a companion, not measured, and not a diagnosis. The patient was shown at once "
        "to call the emergency number; whether that was done is not known here."
    ),
    N_(
        "It looks like a fall at the ankle; a sensor that was taken off and dropped can look the same. Nobody "
        "has been called by surefoot."
    ),
    N_("How strong was the pain today, from 0 (none) to 10 (the worst you can think of)?"),
    N_(
        "Has the skin between your legs, around your bottom or your private parts, become numb or strange to the touch?"
    ),
    N_(
        "Is anything new with passing water or stool: you cannot start or hold it, or do not feel it, or sex "
        "feels different?"
    ),
    N_("Has a leg or foot lost its strength all at once, so that it does not hold you or you cannot move it at all?"),
    N_("Have both legs become weak or numb, or does the pain now shoot into both legs?"),
    N_("numbness between the legs"),
    N_("a change of bladder, bowel or sexual function"),
    N_("a leg that suddenly lost its strength"),
    N_("weakness, numbness or pain of both legs"),
    N_("CALL THE EMERGENCY NUMBER NOW (112 in Europe, 999 also in the United Kingdom, 911 in North America)."),
    N_(
        "Say: sciatica, and now what you have just answered yes to. Nerves to bladder, bowel and legs may be "
        "under pressure, and hours count."
    ),
    N_(
        "Do not wait for a call back, for tomorrow or for an answer from surefoot. Do not drive yourself. If "
        "you cannot call, ask somebody near you to."
    ),
    N_(
        "CALL FOR HELP NOW (112 in Europe, 999 also in the United Kingdom, 911 in North America): it looks as "
        "if somebody fell and has not got up for five minutes."
    ),
    N_("If it was not so, answer it: surefoot log answer no"),
    N_(
        "Your care team is being told and should contact you today; if nobody does, call them. Do not wait for "
        "them, and call the emergency number, if you become numb between the legs, if passing water or stool "
        "changes, if a leg no longer holds you, or if both legs become weak."
    ),
    N_("{leg}: {test}, a change of {limit} counts ({source}). Repeat the test."),
    N_("{test}, a change of {limit} counts ({source}). Repeat the test."),
    N_("{words} {n} s more than own normal ({n2} s over {n3} tests; today {n4} s)"),
    N_("{words} {n} fewer than own normal ({n2} over {n3} tests; today {n4})"),
    N_("{n} s"),
    N_("{n}"),
    N_("physiotherapy"),
    N_("injection"),
    N_("shockwave"),
    N_("stimpod"),
    N_("surgery"),
    N_("medication"),
    N_("exercise"),
    N_("other"),
    N_("MCID, {name}"),
    N_("smallest real change, {name}"),
    N_(
        "Not yet a weakness of one leg: other shoes, pain, haste or another floor change both legs alike. It is"
        " no sign that nothing is wrong either: two legs that weaken together look the same."
    ),
    N_("Both legs have changed alike ({told}): the patient is asked about other shoes."),
    N_(
        "Both legs have changed at once, some of it for the better, as in other shoes ({told}): the patient is "
        "asked about them."
    ),
    N_("Without an answer it is told after {n} days."),
    N_("The care team asks the patient about other shoes."),
    N_("Without an answer it is a review after {n} days."),
    N_("Left leg: {changed}"),
    N_("Right leg: {changed}"),
    N_("from day to day"),
    N_("The patient says: {words}."),
    N_("Asked about other shoes on {day}: no answer."),
    N_("Asked about other shoes on {day}: the usual shoes."),
    N_("other shoes, and still in them"),
    N_("other shoes on those days only"),
    N_("the usual shoes"),
    N_("{n} times within 24 hours, {n2} of them as the patient says"),
    N_("{n} in 24 hours, one of which the patient says was so: the usual limit"),
    N_("{n} times within 24 hours, no answer within {n2} minutes"),
)
