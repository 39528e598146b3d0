"""What voids and replaces, and what only the service itself may say."""

from __future__ import annotations

import pytest

from services.agrement.decisions import rules_broken
from services.agrement.facts import OWN_SOURCE, AgrementExpired, AgrementExpiring, HireLinked, SuspensionLifted
from shared.deciding.own_facts import OwnFactError
from shared.deciding.rules import AlreadyVoidedError, Context, ReplacesUnknownError, VoidOfUnknownError
from shared.facts.fact import Fact
from tests.services.agrement.persons import Person, diagnosis, grant, suspension, void
from tests.services.scenario import SOURCE, like


@pytest.mark.parametrize("kind", [HireLinked, SuspensionLifted, AgrementExpiring, AgrementExpired])
def test_what_follows_is_said_by_the_service_alone(kind: type[Fact]) -> None:
    (refusal,) = Person().refusals(like(kind))
    assert (type(refusal), refusal.fields) == (OwnFactError, {"fact_type": kind.type})
    assert Person().allows(like(kind), source=OWN_SOURCE)


def test_what_follows_is_taken_back_by_the_service_alone() -> None:
    person = Person().given(like(HireLinked), id="link", source=OWN_SOURCE)
    person.refuses(void("link", fact_source=OWN_SOURCE), OwnFactError)
    assert person.allows(void("link", fact_source=OWN_SOURCE), source=OWN_SOURCE)


def test_only_what_is_known_can_be_voided() -> None:
    person = Person().given(diagnosis("2026-08-01"), id="diagnosis")
    assert person.allows(void("diagnosis"))
    assert person.allows(void("diagnosis", fact_source=SOURCE), source="urn:b")
    assert person.refuses(void("other"), VoidOfUnknownError) == {"fact_id": "other", "fact_source": SOURCE}
    person.refuses(void("diagnosis", fact_source="urn:other"), VoidOfUnknownError)


def test_what_is_voided_is_restored_by_voiding_the_void() -> None:
    person = Person().given(diagnosis("2026-08-01"), id="diagnosis").does(void("diagnosis"), id="void")
    person.refuses(void("diagnosis"), AlreadyVoidedError)
    person.does(void("void"))
    assert person.allows(grant("2026-08-03"))
    assert person.allows(void("diagnosis"))


def test_only_what_is_known_can_be_replaced() -> None:
    person = Person().given(diagnosis("2026-08-01"), id="diagnosis", source="urn:other")
    person.refuses(diagnosis("2026-08-02"), ReplacesUnknownError, replaces="diagnosis")


def test_a_fact_is_judged_beside_everything_but_what_it_replaces() -> None:
    person = Person().hired("A", "2026-01-01").granted("2026-01-01")
    person.given(suspension("2026-06-01", "2026-07-01"), id="first")
    assert not person.allows(suspension("2026-06-10", "2026-06-20", declared_on="2026-06-20"))
    person.does(suspension("2026-06-10", "2026-06-20", declared_on="2026-06-20"), replaces="first")
    assert person.ends_on() == "2028-01-10"


def test_a_grant_that_is_voided_leaves_its_suspensions_without_effect() -> None:
    person = Person().hired("A", "2026-01-01").given(grant("2026-01-01"), id="grant")
    person.given(suspension("2026-06-01", "2026-07-01")).does(void("grant"))
    assert person.view("2026-08-03")["agrements"] == []


def test_what_would_be_broken_is_told_without_recording() -> None:
    person = Person().granted("2026-01-01")
    event = person.envelope(suspension("2026-06-01"))
    broken = rules_broken(person.settled, event, Context())
    assert [one["code"] for one in broken] == ["not_the_last_employer"]
