"""Where all that a person's row and pathways follow from is one structure's, its lists show everybody's rows: these are then
what would be reckoned of its own, whatever was voided, corrected, merged or told by several of its sources.

The judges are the SQL that reckons own rows, and the rows themselves: whose they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.pathways.facts import PathwayClosed, PersonRegistered
from services.projections.api.listed_rows import seen_source
from services.projections.api.listing import Listing
from services.projections.api.own_rows import OF_PERSON, made_of_own
from services.projections.read_sets.set_schema import read_schema
from services.projections.read_tables import READ_TABLES
from shared.facts.fact import FactVoided, Recorded
from shared.rights.caller import Caller
from tests.services.projections.any_facts import facts_about, histories
from tests.services.projections.facts import ACI, AI, C1, C2, EI, PERSON, exited, hired, void_of
from tests.services.projections.seeing import TODAY, Suite, running_suite, said
from tests.services.projections.test_own_lists import (
    BETWEEN,
    BY,
    DENSE,
    SPOKEN,
    Between,
    as_said_by,
    bodies,
    merging,
    told_by_all,
)
from tests.services.scenario import day

SOURCE = "https://another.example/of-the-same"
LIFE = histories("person", st.one_of(*[facts_about("person", DENSE)] * 3, facts_about("person", SPOKEN)))
LIVES = st.dictionaries(st.sampled_from(BY), LIFE, min_size=1, max_size=2)


@pytest.fixture(scope="module")
def suite(postgres_server: str) -> Iterator[Suite]:
    with running_suite(postgres_server) as one:
        yield one


@given(
    lives=LIVES,
    again=st.none() | LIFE,
    between=BETWEEN | st.just([]),
    of_two_ids=st.none() | merging(),
    closed_by_staff=st.booleans(),
)
@settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink two lives takes longer than to read them
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
def test_what_is_one_structures_alone_is_everybodys(
    suite: Suite,
    lives: dict[UUID, list[Recorded]],
    again: list[Recorded] | None,
    between: list[Between],
    of_two_ids: Callable[[list[Recorded]], list[Recorded]] | None,
    closed_by_staff: bool,
) -> None:
    told = told_by_all({by: lives.get(by, []) for by in BY}, between, True)
    if again is not None:
        told += [by_another_source(as_said_by(next(iter(lives)), fact)) for fact in again]
    if closed_by_staff:
        closed = said(ACI, PathwayClosed(closed_on=day("2024-05-01"), reason="2"), id="by staff")
        told.append(closed.model_copy(update={"saidfor": "role/staff"}))
    suite.clear()
    suite.tell(*bodies(), *(told if of_two_ids is None else of_two_ids(told)))
    for own in [*([one] for one in BY), list(BY)]:
        for everybodys, reckoned in ((PERSONS, RECKONED_PERSONS), (PATHWAYS, RECKONED_PATHWAYS)):
            assert asked(suite, everybodys, own) == asked(suite, reckoned, own), own
    assert asked(suite, OF_OTHERS, []) == []


def by_another_source(fact: Recorded) -> Recorded:
    """The same structure has two programmes, whose ids are their own."""
    data = fact.data
    if isinstance(data, FactVoided):
        data = data.model_copy(update={"fact_id": f"again {data.fact_id}", "fact_source": SOURCE})
    replaces = f"again {fact.replaces}" if fact.replaces else None
    return fact.model_copy(update={"id": f"again {fact.id}", "source": SOURCE, "data": data, "replaces": replaces})


OWN = "= ANY(%(own)s::uuid[])"
IS_OWN = f"v.sole_structure_id {OWN} AND (v.registered_on IS NULL OR v.registered_for_id {OWN})"
OF_PERSONS = "registered_on, sex, birth_year, education_level, steps, pathways, first_hired_on"
OF_PATHWAYS = "pathway, starts_on, closed_on, close_reason, steps, structures, first_structure_id, last_structure_id"
PERSONS = f"SELECT v.person_id, {OF_PERSONS} FROM bi.persons v WHERE {IS_OWN} ORDER BY 1"
PATHWAYS = f"SELECT v.person_id, {OF_PATHWAYS} FROM bi.pathways v WHERE v.sole_structure_id {OWN} ORDER BY 1, 2"
RECKONED_PERSONS = f"""
SELECT k.person_id, r.{OF_PERSONS.replace(", ", ", r.")} FROM (SELECT person_id FROM bi.persons v WHERE {IS_OWN}) k
CROSS JOIN LATERAL ({made_of_own("reckoned_person", OF_PERSON)}) r ORDER BY 1
"""
RECKONED_PATHWAYS = f"""
SELECT k.person_id, r.{OF_PATHWAYS.replace(", ", ", r.")}
FROM (SELECT person_id FROM bi.persons v WHERE v.sole_structure_id {OWN}) k
CROSS JOIN LATERAL ({made_of_own("person_pathways", OF_PERSON)}) r ORDER BY 1, 2
"""
OF_OTHERS = """
SELECT 'hire', p.person_id FROM bi.persons p JOIN bi.contracts c USING (person_id)
WHERE c.in_pathway IS NOT NULL AND c.structure_id IS DISTINCT FROM p.sole_structure_id AND p.sole_structure_id IS NOT NULL
UNION ALL
SELECT 'step', p.person_id FROM bi.persons p JOIN bi.steps s USING (person_id)
WHERE s.structure_id IS DISTINCT FROM p.sole_structure_id AND p.sole_structure_id IS NOT NULL
UNION ALL
SELECT 'closing', p.person_id FROM bi.persons p JOIN bi.pathway_closings c USING (person_id)
WHERE c.structure_id IS DISTINCT FROM p.sole_structure_id AND p.sole_structure_id IS NOT NULL
UNION ALL
SELECT 'registration', p.person_id FROM bi.persons p JOIN bi.registrations r USING (person_id)
WHERE r.structure_id IS DISTINCT FROM p.registered_for_id AND p.registered_for_id IS NOT NULL
UNION ALL
SELECT 'pathway', p.person_id FROM bi.persons p JOIN bi.pathways w USING (person_id)
WHERE w.sole_structure_id IS DISTINCT FROM p.sole_structure_id
"""
"""Rows of somebody else beside what is said to be one structure's."""


def asked(suite: Suite, query: str, own: list[UUID]) -> list[tuple[Any, ...]]:
    with suite.projections.database.connection() as connection:
        return connection.execute(query, {"own": [str(one) for one in own]}).fetchall()


REGISTERED = PersonRegistered(registered_on=day("2021-12-01"), sex="F", birth_year=1966)
OF_ACI = [
    said(ACI, REGISTERED, id="registered"),
    said(ACI, hired(C1, ACI, "2022-01-15", "2022-12-31"), id="hired"),
    said(ACI, exited(ACI, "2022-12-31"), id="exited"),
]
REGISTERED_TOO = said(EI, REGISTERED, id="registered too")
OF_EI = said(EI, hired(C2, EI, "2023-02-01", "2023-12-31"), id="hired too")


def sole(suite: Suite) -> Any:
    [found] = suite.everything("/tables/persons")
    return found["sole_structure_id"], found["registered_for_id"]


def test_it_is_known_until_somebody_else_says_something_and_again_once_that_is_void(suite: Suite) -> None:
    suite.clear()
    suite.tell(*bodies(), *OF_ACI)
    assert sole(suite) == (str(ACI), str(ACI))
    alone = suite.items("/tables/persons"), suite.items("/tables/pathways")
    suite.tell(OF_EI)
    assert sole(suite) == (None, str(ACI))
    suite.tell(REGISTERED_TOO)
    assert sole(suite) == (None, None)
    assert (suite.items("/tables/persons"), suite.items("/tables/pathways")) == alone
    for fact in (OF_EI, REGISTERED_TOO):
        suite.tell(void_of(fact).model_copy(update={"id": f"void of {fact.id}", "saidfor": fact.saidfor}))
    assert sole(suite) == (str(ACI), str(ACI))
    assert (suite.items("/tables/persons"), suite.items("/tables/pathways")) == alone


def test_nobody_with_a_token_is_told_whether_there_are_others(suite: Suite) -> None:
    suite.clear()
    suite.tell(*bodies(), *OF_ACI)
    for name in ("persons", "pathways"):
        [row] = suite.items(f"/tables/{name}")
        assert {row[column] for column in ("sole_structure_id", "registered_for_id") if column in row} == {None}
        assert suite.items(f"/tables/{name}", sole_structure_id=str(ACI)) == []


def test_whoever_only_has_to_do_with_the_person_is_shown_nothing_of_the_one_structure(suite: Suite) -> None:
    suite.clear()
    support = next(one for one in SPOKEN if one.type.endswith("support_action.v1"))
    theirs = support.model_validate(
        {
            "action_id": C2,
            "structure_id": AI,
            "done_on": "2022-02-01",
            "kind": "interview",
            "outcome": "done",
            "theme": "project",
        }
    )
    suite.tell(*bodies(), *OF_ACI, said(AI, theirs, id="support"))
    [row] = suite.items("/tables/persons", own=AI)
    assert (row["person_id"], row["steps"], row["registered_on"]) == (str(PERSON), 0, None)
    assert suite.items("/tables/pathways", own=AI) == []


HIDDEN = {
    "persons": frozenset({"sole_structure_id", "registered_for_id"}),
    "pathways": frozenset({"sole_structure_id"}),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_of_a_read_set_of_earlier_code_the_rows_are_reckoned(suite: Suite, name: str) -> None:
    """Until its rows are made anew, and after that of one that is gone back to."""
    suite.clear()
    suite.tell(*bodies(), *OF_ACI)
    now = page(suite, name, earlier=False)
    assert now == [{**row, **dict.fromkeys(HIDDEN[name])} for row in page(suite, name, earlier=True)]
    assert len(now) == 1


def page(suite: Suite, name: str, *, earlier: bool) -> list[dict[str, Any]]:
    listing = Listing(name, READ_TABLES[name].key_columns)
    with (
        suite.projections.database.connection() as connection,
        connection.transaction(force_rollback=True),
    ):
        for table, hidden in HIDDEN.items() if earlier else ():
            shown = ", ".join(one for one in READ_TABLES[table].shown_columns if one not in hidden)
            connection.execute(f"DROP VIEW bi.{table} CASCADE")
            connection.execute(
                f"CREATE VIEW bi.{table} AS SELECT {shown} FROM {read_schema(suite.projections.current())}.{table}"
            )
        columns = listing.columns(connection)
        assert bool(HIDDEN[name] & columns.keys()) is not earlier
        source, _ = seen_source(connection, name, columns, CALLER, TODAY)
        return list(listing.page(connection, columns, {}, None, 10, source).items)


CALLER = Caller("structure", structures=frozenset([str(ACI)]))
