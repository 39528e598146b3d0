"""A timeline whose folds raise shows what is left and says that it is not all: to whom sees everything, and to a caller."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from services.agrement.facts import AgrementGranted
from shared.process.settings import SuspensionCounting
from shared.rights.caller import LOCAL
from tests.services.projections.facts import ACI, C1, PERSON, hired
from tests.services.projections.seeing import V1, Suite, running_suite, said
from tests.services.projections.streams import SETTINGS
from tests.services.scenario import day, uid


@dataclass
class Raising:
    """Settings of which one raises where a fold asks for it."""

    step_gap_days: int = SETTINGS.step_gap_days
    handover_days: int = SETTINGS.handover_days
    raises: bool = False

    @property
    def suspension_counting(self) -> SuspensionCounting:
        if self.raises:
            raise ZeroDivisionError("a bug of the projection")
        return SETTINGS.suspension_counting

    @contextmanager
    def broken(self) -> Iterator[None]:
        self.raises = True
        try:
            yield
        finally:
            self.raises = False


SETTINGS_HERE = Raising()


@pytest.fixture(scope="module")
def suite(postgres_server: str) -> Iterator[Suite]:
    granted = AgrementGranted(
        agrement_id=uid("agrement"), origin="ai_stock", number="XXXXX0000042", granted_on=day("2024-01-10"),
        starts_on=day("2024-01-15"),
    )  # fmt: skip
    with running_suite(postgres_server, SETTINGS_HERE) as suite:
        suite.tell(said(ACI, hired(C1, ACI, "2024-01-15", "2024-12-31")), said(ACI, granted))
        yield suite


PATH = f"/persons/{PERSON}/timeline"


def test_to_who_sees_everything(suite: Suite) -> None:
    suite.asking.who = LOCAL
    whole = suite.client.get(V1 + PATH).json()
    assert whole["error"] is None
    with SETTINGS_HERE.broken():
        answer = suite.client.get(V1 + PATH)
    assert answer.status_code == 200
    assert answer.json() == {
        **whole,
        "error": "ZeroDivisionError: a bug of the projection",
        "complete": False,
        "agrement": None,
    }


def test_to_a_structure_that_is_told_the_kind_of_error_alone(suite: Suite) -> None:
    whole = suite.get(PATH).json()
    assert whole["agrement"] is not None
    with SETTINGS_HERE.broken():
        answer = suite.get(PATH)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["error"], told["complete"], told["agrement"]) == ("ZeroDivisionError", False, None)
    assert told["items"] == whole["items"]
    assert told["contracts"] == []
