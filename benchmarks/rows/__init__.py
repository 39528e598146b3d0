"""The rows of the table, in its order."""

from benchmarks.figures import Row
from benchmarks.rows import intake, latency, live, memory, rebuild, relay, while_rebuilding

ROWS: tuple[Row, ...] = (
    *intake.ROWS,
    *relay.ROWS,
    *live.ROWS,
    *rebuild.ROWS,
    *latency.ROWS,
    *while_rebuilding.ROWS,
    *memory.ROWS,
)
