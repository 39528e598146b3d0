"""One row measured, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from traceback import print_exc

from benchmarks.figures import CheckFailedError, Figure, Row
from benchmarks.lab import Lab, NoKafkaError, NotDurableError
from benchmarks.peer import NoPeerError
from tests.parts.tiers import PartUnavailableError


@dataclass(frozen=True, slots=True)
class Result:
    """Figures, or a failure, or why it was left out."""

    row: Row
    seconds: float
    figures: Sequence[Figure] = ()
    failure: str | None = None
    left_out: str | None = None


def measure(row: Row, lab: Lab) -> Result:
    """Nothing of a row is given whose check failed. Raise NotDurableError, PartUnavailableError."""
    started = monotonic()
    try:
        figures = row.measure(lab)
    except CheckFailedError as error:
        return Result(row, monotonic() - started, failure=str(error))
    except NoPeerError as error:
        return Result(row, monotonic() - started, left_out=f"it cannot be installed: {error}")
    except NoKafkaError as error:
        return Result(row, monotonic() - started, left_out=f"no Kafka: {error}")
    except (NotDurableError, PartUnavailableError):
        raise
    except Exception as error:  # the other rows go on
        print_exc()
        return Result(row, monotonic() - started, failure=f"{type(error).__name__}: {error}".splitlines()[0])
    return Result(row, monotonic() - started, figures)
