"""The gateway tells how it stands just now, for the patient's page: a small file, written again and again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from surefoot.cli.board import Board
from surefoot.web.homenow import HomeNow, SensorNow, write_now

EVERY_S = 5.0
log = logging.getLogger(__name__)


async def keep_now(home: Path, board: Board, now_s: Callable[[], float]) -> None:
    """For ever. A disk that cannot be written ends nothing: the page then says that no gateway runs."""
    failing = ""
    while True:
        try:
            await asyncio.to_thread(write_now, home, home_now(board, now_s()))
            failing = ""
        except OSError as error:
            if str(error) != failing:
                log.warning("how the home stands cannot be written: %s", error)
            failing = str(error)
        await asyncio.sleep(EVERY_S)


def home_now(board: Board, now_s: float) -> HomeNow:
    sensors = tuple(
        SensorNow(one.side, one.placement, one.state, one.reason, one.battery_pct) for one in board.statuses.values()
    )
    doing = board.doing
    return HomeNow(
        at_s=now_s,
        sensors=sensors,
        mounting=board.mounting,
        phase=board.phase,
        doing=doing.kind if doing else None,
        doing_s=doing.end_s if doing else None,
        seated_min=round(board.seated_min, 1),
        asked=tuple(one for one in board.asked if now_s < one.until_s),
        worn_h=round(board.worn_today_h(now_s), 2) if board.minutes and not board.phase else None,
    )
