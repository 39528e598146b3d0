"""A person whose data are limited is in no list, no figure, nothing shared; by its id it is still shown to who said its facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.pathways.facts import FactVoided, LimitationLifted, PersonsMerged, ProcessingLimited
from services.projections.read_sets import building, operating
from services.projections.views import NAMES
from services.structures.facts import GroupFormed
from shared.facts.fact import Recorded
from tests.services.projections import test_sharing
from tests.services.projections.any_facts import histories
from tests.services.projections.facts import ACI, AI, GROUP, PERSON, SOURCE, hired, recorded
from tests.services.projections.seeing import TODAY, Suite, running_suite, said, world
from tests.services.projections.sharing import Clock
from tests.services.projections.streams import RECIPE
from tests.services.projections.test_api import of
from tests.services.projections.test_sharing import NOTHING, SHARED, both
from tests.services.scenario import day, like, uid

OTHER, OTHER_CONTRACT = uid("another person"), uid("contract of another")
PATH = f"/persons/{PERSON}/timeline"
STEWARD = "role/data_steward"


def limited(clock: Clock, on: str = "2024-06-15", person: UUID = PERSON) -> Recorded:
    return clock.said(STEWARD, ProcessingLimited(limited_on=day(on)), person)


def lifted(clock: Clock, on: str, person: UUID = PERSON) -> Recorded:
    return clock.said(STEWARD, LimitationLifted(lifted_on=day(on)), person)


def other_life() -> list[Recorded]:
    return [said(ACI, hired(OTHER_CONTRACT, ACI, "2024-02-01", "2024-12-31"), subject=OTHER)]


def lives() -> list[Recorded]:
    formed = of(f"group/{GROUP}", GroupFormed(name="A", formed_on=day("2015-01-01")))
    return [*world(), formed, *other_life()]


def views(suite: Suite, names: Sequence[str] = NAMES) -> dict[str, list[Any]]:
    """All rows of schema `bi`, as who reads by SQL gets them, about the day of these lives."""
    found = {}
    with psycopg.connect(suite.projections.url, autocommit=True) as connection:
        connection.execute("SELECT set_config('parcours.today', %s, false)", [str(TODAY)])
        for name in names:
            found[name] = [row for (row,) in connection.execute(f"SELECT v::text FROM bi.{name} v ORDER BY 1")]
    return found


def listed_persons(suite: Suite, path: str, **asked: Any) -> set[str]:
    return {row["person_id"] for row in suite.items(path, **asked)}


def test_it_is_in_no_list_and_its_page_says_so(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives())
    both = {str(PERSON), str(OTHER)}
    assert listed_persons(suite, f"/structures/{ACI}/pathways") == both
    assert suite.get(PATH).json()["limited"] is False
    suite.tell(limited(clock))
    # Of whoever lists: the structure that said it, and who sees all.
    assert listed_persons(suite, f"/structures/{ACI}/pathways") == {str(OTHER)}
    assert listed_persons(suite, "/tables/persons") == {str(OTHER)}
    assert listed_persons(suite, f"/groups/{GROUP}/ready", on=TODAY) == {str(OTHER)}
    assert {row["person_id"] for row in suite.everything("/tables/contracts")} == {str(OTHER)}
    assert suite.items("/tables/contracts", person_id=PERSON) == []
    # Its own facts it has, whole, by id; so has the suite itself.
    told = suite.get(PATH).json()
    assert told["limited"] is True
    assert [row["structure_id"] for row in told["contracts"]] == [str(ACI)]
    suite.tell(lifted(clock, "2024-06-16"))
    assert listed_persons(suite, f"/structures/{ACI}/pathways") == both
    assert suite.get(PATH).json()["limited"] is False


def test_what_happens_is_recorded_meanwhile(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), limited(clock))
    hire = said(ACI, hired(uid("a later contract"), ACI, "2025-02-01", "2025-06-30"))
    suite.tell(hire)
    assert str(uid("a later contract")) in {row["contract_id"] for row in suite.get(PATH).json()["contracts"]}
    suite.tell(lifted(clock, "2024-06-16"))
    contracts = suite.items("/tables/contracts", person_id=PERSON)
    assert str(uid("a later contract")) in {row["contract_id"] for row in contracts}


def test_nothing_of_it_is_shared_from_its_application_on(suite: Suite, clock: Clock) -> None:
    suite.tell(*test_sharing.lives(), *test_sharing.agreed(clock))
    assert both(suite) == SHARED
    # Told of a day to come: from now on all the same, for past days too.
    limit = limited(clock, "2024-08-01")
    suite.tell(limit)
    for asked in ({}, {"as_of": "2024-06-20"}, {"known_at": "2024-06-30"}):
        assert both(suite, **asked) == NOTHING
    # Nobody who would gain by it takes it back: a void of a structure's does not stand.
    void = clock.said(AI, like(FactVoided, fact_id=limit.id, fact_source=SOURCE), PERSON)
    suite.tell(void.model_copy(update={"unproven": True}))
    assert both(suite) == NOTHING
    suite.tell(clock.said(STEWARD, like(FactVoided, fact_id=limit.id, fact_source=SOURCE), PERSON))
    assert both(suite) == SHARED


def test_it_is_no_candidate_under_a_pseudonym(suite: Suite, clock: Clock) -> None:
    formed = of(f"group/{GROUP}", GroupFormed(name="A", formed_on=day("2015-01-01")))
    of_aci = [fact for fact in test_sharing.lives() if fact.saidfor != f"structure/{AI}"]
    suite.tell(*of_aci, formed, clock.agreed(ACI), clock.agreed(AI), clock.informed())
    for own in (ACI, AI):
        assert len(suite.items(f"/groups/{GROUP}/ready", own=own, on=TODAY)) == 1
    suite.tell(limited(clock))
    for own in (ACI, AI):
        assert suite.items(f"/groups/{GROUP}/ready", own=own, on=TODAY) == []


def test_a_coordinator_is_shown_nothing_of_it(suite: Suite, clock: Clock) -> None:
    told = [clock.agreed(ACI, coordinator=True), clock.agreed(AI), clock.informed()]
    suite.tell(*test_sharing.lives(), *told)
    assert suite.get(PATH, "group_coordinator", None).status_code == 200
    suite.tell(limited(clock))
    assert suite.get(PATH, "group_coordinator", None).status_code == 404


def test_of_two_ids_that_are_one_the_stricter_holds(suite: Suite, clock: Clock) -> None:
    merged = clock.said(STEWARD, PersonsMerged(into=PERSON, merged_on=day("2024-06-20")), OTHER)
    suite.tell(*lives(), limited(clock, person=OTHER))
    assert listed_persons(suite, f"/structures/{ACI}/pathways") == {str(PERSON)}
    suite.tell(merged)
    assert listed_persons(suite, f"/structures/{ACI}/pathways") == set()
    # What is said of one id lifts what was said of it alone.
    suite.tell(lifted(clock, "2024-06-25"))
    assert listed_persons(suite, f"/structures/{ACI}/pathways") == set()
    suite.tell(clock.said(STEWARD, like(FactVoided, fact_id=merged.id, fact_source=SOURCE), OTHER))
    assert listed_persons(suite, f"/structures/{ACI}/pathways") == {str(PERSON)}


def test_a_frozen_or_earlier_read_set_lists_it_as_little(postgres_server: str, clock: Clock) -> None:
    with running_suite(postgres_server) as suite:
        suite.tell(*lives())
        url = suite.projections.url
        building.rebuild(url, "2", RECIPE)
        building.promote(url, "2", RECIPE)
        operating.freeze(url, "1")
        suite.tell(limited(clock))
        assert listed_persons(suite, "/tables/contracts") == {str(OTHER)}
        operating.freeze(url, "1", is_frozen=False)
        operating.rollback(url, "1", RECIPE)
        assert listed_persons(suite, "/tables/contracts") == {str(OTHER)}


@given(life=histories("person"), other=histories("person"), first=st.booleans())
@settings(
    max_examples=6,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink two lives takes longer than to read them
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
def test_every_view_is_as_if_it_were_not_there(
    suite: Suite, life: list[Recorded], other: list[Recorded], first: bool
) -> None:
    """Whatever is recorded of it, before or after: what is listed and counted is what others' facts give alone."""
    limit = recorded(ProcessingLimited(limited_on=day("2024-06-15")), id="limit")
    others = [fact.model_copy(update={"subject": f"person/{OTHER}", "id": f"other {fact.id}"}) for fact in other]
    mended = [
        fact.model_copy(update={"replaces": f"other {fact.replaces}"}) if fact.replaces else fact for fact in others
    ]
    suite.clear()
    suite.tell(*lives()[:6], *mended)
    alone = views(suite)
    suite.clear()
    suite.tell(*lives()[:6], *mended, *([limit, *life] if first else [*life, limit]))
    assert views(suite) == alone
