"""The rows of the table, in its order."""

from benchmarks.figures import Row
from benchmarks.rows import (
    fold,
    growth,
    hostile,
    intake,
    large,
    large_life,
    latency,
    live,
    machine,
    memory,
    peer,
    rebuild,
    relay,
    rights,
    shared,
    while_rebuilding,
)

ROWS: tuple[Row, ...] = (
    *intake.ROWS,
    *rights.ROWS,
    *relay.ROWS,
    *live.ROWS,
    *rebuild.ROWS,
    *latency.ROWS,
    *while_rebuilding.ROWS,
    *memory.ROWS,
    *fold.ROWS,
    *large.ROWS,
    *large_life.ROWS,
    *shared.ROWS,
    *hostile.ROWS,
    *growth.ROWS,
    *peer.ROWS,
    *machine.ROWS,
)
