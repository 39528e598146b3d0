"""The views of `bi` on a real PostgreSQL: transitions, pathways of a group, what is hidden, and changing read sets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from services.pathways.facts import PersonRegistered
from services.projections.read_tables import READ_TABLES
from services.projections.views import NAMES, comments
from shared.facts.fact import Fact
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    C3,
    EI,
    ETTI,
    GROUP,
    OASP,
    PERSON,
    exited,
    hired,
    membership_ended,
    membership_started,
    recorded,
    rows_of,
    structure_changed,
    structure_closed,
    structure_registered,
)
from tests.services.projections.read_set import ReadSet
from tests.services.scenario import day, uid

OTHER_GROUP = uid("another group")


TRANSITION = "from_kind, to_kind, days_between, direction, inside, group_id, overlapping, exit_reason"


def test_an_exit_then_a_hire_in_the_group_is_a_forward_transition_inside(read_set: ReadSet) -> None:
    """pathways.md §8: exit ACI 2024-03-31 (reason 2), hired by the group's AI 2024-04-15."""
    read_set.known_structures(ACI, AI)
    read_set.add("group", GROUP, membership_started(ACI, "2020-01-01"), membership_started(AI, "2020-01-01"))
    read_set.add(
        "person", PERSON, hired(C1, ACI, "2024-01-01"), exited(ACI, "2024-03-31", "2"), hired(C2, AI, "2024-04-15")
    )
    assert read_set.read("transitions", TRANSITION) == [("ACI", "AI", 14, "forward", True, GROUP, False, "2")]
    assert read_set.read("group_transitions", "group_id, from_structure_id, to_structure_id, days_between") == [
        (GROUP, ACI, AI, 14)
    ]
    assert read_set.read("pathways", "pathway, steps, closed_on") == [(1, 2, None)]


@pytest.mark.parametrize(
    ("first", "second", "direction"),
    [(ACI, ETTI, "forward"), (EI, ETTI, "level"), (OASP, AI, "back"), (ACI, ACI, "level")],
)
def test_the_direction_follows_the_stages(read_set: ReadSet, first: UUID, second: UUID, direction: str) -> None:
    read_set.known_structures(*{first, second})
    read_set.add("person", PERSON, hired(C1, first, "2024-01-01", "2024-01-31"), hired(C2, second, "2024-06-01"))
    assert read_set.read("transitions", "direction, inside") == [(direction, False)]


def test_steps_that_overlap_have_negative_days_between(read_set: ReadSet) -> None:
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01", "2024-03-31"), hired(C2, AI, "2024-03-22"))
    assert read_set.read("transitions", "days_between, overlapping") == [(-10, True)]


def test_a_step_still_open_overlaps_the_next_by_days_not_known(read_set: ReadSet) -> None:
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01"), hired(C2, AI, "2024-03-22"))
    assert read_set.read("transitions", "days_between, overlapping") == [(None, True)]


def test_a_structure_not_known_yet_has_no_kind_and_drops_no_step(read_set: ReadSet) -> None:
    read_set.known_structures(AI)
    read_set.add("group", GROUP, membership_started(ACI, "2020-01-01"), membership_started(AI, "2020-01-01"))
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01", "2024-03-31"), hired(C2, AI, "2024-04-15"))
    expected = [(None, "AI", 14, None, True, GROUP, False, None)]
    assert read_set.read("transitions", TRANSITION) == expected
    assert len(read_set.read("group_transitions")) == 1
    assert read_set.read("group_pathways", "step, kind, stage") == [(1, None, None), (2, "AI", 2)]


def test_a_kind_is_the_one_of_the_day(read_set: ReadSet) -> None:
    """The structure left counts as it was on its last day there, also when it closed that day."""
    read_set.add(
        "structure",
        ACI,
        structure_registered("ACI", "2015-01-01"),
        structure_changed("2024-03-01", kind="AI"),
        structure_closed("2024-03-31"),
    )
    read_set.add("structure", EI, structure_registered("EI", "2024-04-15"), structure_changed("2024-05-01", kind="ACI"))
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01", "2024-03-31"), hired(C2, EI, "2024-04-15"))
    assert read_set.read("transitions", "from_kind, to_kind, direction") == [("AI", "EI", "forward")]


def test_a_transition_is_inside_when_both_are_members_on_the_first_day_of_the_next_step(read_set: ReadSet) -> None:
    read_set.add("group", GROUP, membership_started(ACI, "2020-01-01"), membership_started(AI, "2024-04-16"))
    read_set.add(
        "group", OTHER_GROUP, membership_started(ACI, "2020-01-01"), membership_ended(ACI, "2024-04-14"),
        membership_started(AI, "2020-01-01"),
    )  # fmt: skip
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01", "2024-03-31"), hired(C2, AI, "2024-04-15"))
    read_set.add("person", uid("other"), hired(C1, ACI, "2024-01-01", "2024-03-31"), hired(C2, AI, "2024-04-16"))
    assert read_set.read("transitions", "inside, group_id, entered_on") == [
        (False, None, day("2024-04-15")),
        (True, GROUP, day("2024-04-16")),
    ]
    assert read_set.read("group_transitions", "group_id, entered_on, left_on") == [
        (GROUP, day("2024-04-16"), day("2024-03-31"))
    ]


def test_a_transition_inside_two_groups_is_one_transition_and_in_the_history_of_both(read_set: ReadSet) -> None:
    for group_id in (GROUP, OTHER_GROUP):
        read_set.add("group", group_id, membership_started(ACI, "2020-01-01"), membership_started(AI, "2020-01-01"))
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01", "2024-03-31"), hired(C2, AI, "2024-04-15"))
    assert [row.group_id for row in read_set.read("transitions", "group_id, person_id")] == [min(GROUP, OTHER_GROUP)]
    assert {row.group_id for row in read_set.read("group_transitions")} == {GROUP, OTHER_GROUP}


def test_a_step_known_from_its_exit_alone_has_a_transition_without_days(read_set: ReadSet) -> None:
    read_set.known_structures(ACI, AI)
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01", "2024-03-31"), exited(AI, "2024-06-30", "3"))
    assert read_set.read("transitions", "from_kind, to_kind, entered_on, days_between, overlapping") == [
        ("ACI", "AI", None, None, False)
    ]


def test_a_group_s_history_begins_when_the_structure_joins(read_set: ReadSet) -> None:
    """pathways.md §8: joins 2024-06-01; steps until 2024-04-30 and from 2024-05-01 to 2024-09-30."""
    read_set.known_structures(ACI)
    read_set.add("group", GROUP, membership_started(ACI, "2024-06-01"))
    read_set.add(
        "person",
        PERSON,
        hired(C1, ACI, "2024-01-01", "2024-04-30"),
        exited(ACI, "2024-04-30"),
        hired(C2, ACI, "2024-05-01", "2024-09-30"),
    )
    assert read_set.read("group_pathways", "step, starts_on, ends_on, step_starts_on, step_ends_on, kind, stage") == [
        (2, day("2024-06-01"), day("2024-09-30"), day("2024-05-01"), day("2024-09-30"), "ACI", 1)
    ]


def test_a_group_s_history_ends_when_the_structure_leaves(read_set: ReadSet) -> None:
    read_set.add("group", GROUP, membership_started(ACI, "2020-01-01"), membership_ended(ACI, "2024-06-30"))
    read_set.add("person", PERSON, hired(C1, ACI, "2024-05-01"), exited(ACI, "2024-09-30", "3"))
    read_set.add("person", uid("later"), hired(C2, ACI, "2024-07-01"))
    read_set.add("person", uid("open"), hired(C3, ACI, "2024-06-30"))
    rows = read_set.read("group_pathways", "starts_on, ends_on, step_ends_on, exit_reason")
    assert rows == [
        (day("2024-05-01"), day("2024-06-30"), day("2024-09-30"), None),
        (day("2024-06-30"), day("2024-06-30"), None, None),
    ]


def test_exits_to_a_job_show_where_the_person_came_from(read_set: ReadSet) -> None:
    read_set.known_structures(ACI)
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01"), exited(ACI, "2024-03-31", "3"))
    read_set.add("person", uid("other"), hired(C1, ACI, "2024-01-01"), exited(ACI, "2024-03-31", "2"))
    assert read_set.read("job_entries", "person_id, from_kind, from_stage, category") == [(PERSON, "ACI", 1, "durable")]


def test_structure_visible_columns_do_not_leave(read_set: ReadSet) -> None:
    registered = PersonRegistered(registered_on=day("2024-01-01"), sex="F", benefits=("RSA",), rqth=True)
    read_set.add("person", PERSON, registered)
    (row,) = read_set.read("persons")
    assert row.sex == "F"
    assert set(row._fields) == set(READ_TABLES["persons"].shown_columns)
    assert not {"benefits", "rqth", "housing", "qpv", "rural", "unemployed_months"} & set(row._fields)


def test_every_table_view_and_column_is_there_and_explained(read_set: ReadSet) -> None:
    """Computed columns too."""
    query = text(
        "SELECT relname, coalesce(attname, ''), coalesce(col_description(c.oid, attnum), obj_description(c.oid))"
        " FROM pg_class c JOIN LATERAL (SELECT attname, attnum FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0"
        " UNION ALL SELECT NULL, NULL) a ON true WHERE relnamespace = 'bi'::regnamespace AND relkind = 'v'"
    )
    found = {(view, column): comment for view, column, comment in read_set.connection.execute(query)}
    assert {view for view, _ in found} == set(NAMES)
    assert [where for where, comment in found.items() if not comment or len(comment) < len("The day")] == []
    assert found["transitions", "left_on"] == found["group_transitions", "left_on"], "said where both read it"
    assert found["steps", "hours"] != found["group_pathways", "step_hours"]


def test_a_column_of_which_views_read_say_different_things_is_to_be_explained() -> None:
    with pytest.raises(KeyError, match=r"bridges\.starts_on says not what it means"):
        comments.meaning("bridges", "starts_on")


def test_tables_are_in_the_database_as_the_registry_has_them(read_set: ReadSet) -> None:
    """Columns in their order with type, NOT NULL and comment; and the key."""
    columns = text(
        "SELECT relname, array_agg(ARRAY[attname::text, format_type(atttypid, NULL), attnotnull::text,"
        " col_description(attrelid, attnum)] ORDER BY attnum), obj_description(c.oid),"
        " (SELECT array_agg(attname ORDER BY array_position(conkey, attnum)) FROM pg_constraint"
        " JOIN pg_attribute k ON k.attrelid = conrelid AND k.attnum = ANY(conkey) WHERE conrelid = c.oid AND contype = 'p')"
        " FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0"
        " WHERE relnamespace = 'read_1'::regnamespace AND relkind = 'r' AND relname <> 'failed' GROUP BY relname, c.oid"
    )
    found = {name: (described, comment, key) for name, described, comment, key in read_set.connection.execute(columns)}
    types = {UUID: "uuid", date: "date", str: "text", int: "integer", float: "double precision", bool: "boolean"}
    assert found == {
        table.name: (
            [[c.name, types[c.type], str(not c.nullable).lower(), c.comment] for c in table.columns],
            table.comment,
            list(table.key_columns),
        )
        for table in READ_TABLES.values()
    }


def test_views_pass_to_another_read_set_in_one_transaction(connection: Connection) -> None:
    old, new = ReadSet(connection, "read_1"), ReadSet.made(connection, "read_2")
    old.add("person", PERSON, hired(C1, ACI, "2024-01-01"))
    new.add("person", PERSON, hired(C1, ACI, "2024-01-01"), hired(C2, AI, "2024-02-01"))
    assert len(old.read("steps")) == 1
    new.show()
    assert len(old.read("steps")) == 2
    assert len(old.read("transitions")) == 1
    connection.exec_driver_sql('DROP SCHEMA "read_1" CASCADE')
    assert len(old.read("transitions")) == 1


def test_rows_read_back_equal_the_rows_written(read_set: ReadSet) -> None:
    facts: Iterable[Fact] = [hired(C1, ACI, "2024-01-01", weekly_hours=26.5, age=30), exited(ACI, "2024-03-31", "9")]
    read_set.add("person", PERSON, *facts)
    for name, rows in rows_of([recorded(fact) for fact in facts]).items():
        found = read_set.connection.exec_driver_sql(f"SELECT * FROM {read_set.schema}.{name}")
        # A table has no order of its own.
        assert sorted(map(repr, map(tuple, found))) == sorted(map(repr, map(tuple, rows)))
