"""Missing packets of a sensor without time and number: chance is no loss, a loss is none by chance."""

from __future__ import annotations

import numpy as np

from surefoot.sensors.clock.missing import Missing
from surefoot.sensors.clock.order import Placed
from surefoot.sensors.makers.product import Packet

RATE_HZ, EACH = 100.0, 4
FOUR = Packet(np.zeros((EACH, 3)), np.zeros((EACH, 3)))


def numbers(delays_s: np.ndarray, gone: tuple[int, ...] = ()) -> tuple[list[int], list[int], Missing]:
    """The numbers of the packets that came, as they were told and as they were."""
    missing, told, true = Missing(RATE_HZ), [], []
    for k, delay_s in enumerate(delays_s.tolist()):
        if k in gone:
            continue
        arrived_s = (k + 1) * EACH / RATE_HZ + delay_s
        placed = Placed(EACH * len(true), EACH * len(true), 0, not true, arrived_s, FOUR)
        true.append(EACH * k)
        told += [one.number for one in missing.update(placed, lambda number: (number + 1) / RATE_HZ)]
    return told + [one.number for one in missing.flush()], true, missing


def test_late_by_chance_is_not_missing() -> None:
    for seed in range(5):
        told, true, _ = numbers(np.random.default_rng(seed).uniform(0, 0.2, 3000))
        assert told == true


def test_two_losses_near_each_other_are_both_found_where_they_were() -> None:
    delays_s = np.random.default_rng(1).uniform(0, 0.03, 1000)
    told, true, _ = numbers(delays_s, gone=(400, 401, 420))
    assert told == true


def test_a_link_that_is_slower_for_a_while_is_forgiven() -> None:
    delays_s = np.random.default_rng(2).uniform(0, 0.02, 2000)
    delays_s[700:800] += 0.045
    told, true, missing = numbers(delays_s)
    assert told[-1] > true[-1] and missing.undone == told[-1] - true[-1]
