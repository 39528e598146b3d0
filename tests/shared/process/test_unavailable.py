"""What is said of what is away: to operators what it said, to senders that it is away."""

from __future__ import annotations

import psycopg
import pytest

from shared.process.unavailable import UnavailableError


def raised(error: UnavailableError, cause: Exception) -> UnavailableError:
    with pytest.raises(UnavailableError) as caught:
        raise error from cause
    return caught.value


def test_operators_are_told_what_the_server_said_and_senders_are_not() -> None:
    full = psycopg.errors.DiskFull('could not extend file "base/5": No space left on device\nDETAIL: of somebody')
    error = raised(UnavailableError(reason="database"), full)
    assert error.told == 'database: could not extend file "base/5": No space left on device'
    assert error.fields == {"reason": "database"}


def test_a_detail_that_is_given_speaks_for_itself() -> None:
    assert raised(UnavailableError(reason="kafka", detail="no broker"), OSError("x")).told == "kafka: no broker"
    assert UnavailableError(reason="database").told == "database"
