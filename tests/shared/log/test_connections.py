"""A store is connected when it is made: where its database is away, that says so as every question does."""

from __future__ import annotations

import threading

import pytest

from shared.log.store import FactStore
from shared.process.unavailable import UnavailableError


def test_a_store_whose_database_is_away_is_not_made_and_leaves_nothing_behind() -> None:
    before = threading.active_count()
    with pytest.raises(UnavailableError) as raised:
        FactStore("postgresql://127.0.0.1:1/none", "tests")
    assert raised.value.fields["reason"] == "database"
    assert threading.active_count() == before
