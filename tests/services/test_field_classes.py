"""`docs/data-protection.md` says who may see each field of a fact and each column of a read table, and why; the code
says the same. A field or column without its decision fails here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from services.agrement.facts import SuspensionReason
from services.pathways.facts import Exited, ExitReason
from services.pathways.facts.codes import CODES
from services.pathways.facts.welcome import NOT_TELLING
from services.projections.catalogue import CATALOGUE
from services.projections.law.tables import law_on
from services.projections.read_tables import READ_TABLES
from shared.facts.codes import members
from shared.facts.fact import Fact, PlainCodes, Visibility

PAPER = Path(__file__).resolve().parents[2] / "docs" / "data-protection.md"
HOW = (
    "decide who may see it: its class on the field or column, and its line with the reason in docs/data-protection.md"
    " (CONTRIBUTING.md)"
)
TELLING = re.compile(
    r"health|sick|maternit|disab|rqth|handicap|justice|sentence|prison|detention|housing|benefit|minority|foreign"
    r"|third_country|criteria|theme|prescriber_kind|local_reason|ground|cause$|^reason$|exit_reason|close_reason"
)
"""Names that make one ask: what they are about is sensitive unless a line of the paper says why not."""
ABOUT_RECORDS = ("fact_voided", "fact_contested", "person_erased")


def decided(heading: str) -> dict[tuple[str, str], tuple[str, str]]:
    """By fact or table and field or column: class and reason, of the table under that heading."""
    _, _, text = PAPER.read_text(encoding="utf-8").partition(f"### {heading}\n")
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for line in text.split("\n#")[0].splitlines()[2:]:
        if line.startswith("|"):
            name, kind, fields, why = (cell.strip() for cell in line.strip("|").split("|"))
            for field in re.findall(r"`(\w+)`", fields):
                assert (name.strip("`"), field) not in found, (line, "twice")
                found[name.strip("`"), field] = (kind, why)
    return found


def fields() -> Iterator[tuple[type[Fact], str]]:
    for fact in CATALOGUE.facts.values():
        for field in fact.model_fields:
            yield fact, field


def plain_of(fact: type[Fact], field: str) -> tuple[str, ...]:
    return next((mark.codes for mark in fact.model_fields[field].metadata if isinstance(mark, PlainCodes)), ())


def test_every_field_of_every_fact_is_decided() -> None:
    told = {key: kind for key, (kind, _) in decided("Fields of facts").items()}
    assert told == {(fact.type.removesuffix(".v1"), field): fact.visibility_of(field) for fact, field in fields()}, HOW


def test_every_column_of_every_read_table_is_decided() -> None:
    told = {key: kind for key, (kind, _) in decided("Columns of read tables").items()}
    known = {
        (name, column.name): f"{column.visibility}{', plain codes' if column.plain else ''}"
        for name, table in READ_TABLES.items()
        for column in table.columns
    }
    assert told == known, HOW


def test_every_decision_has_a_reason_and_names_the_codes_it_shows() -> None:
    told = decided("Fields of facts")
    assert all(why for _, why in told.values())
    for fact, field in fields():
        plain = plain_of(fact, field)
        if plain and field != "reason" and fact.type != "pathways.received.v1" and field != "prescriber_kind":
            why = told[fact.type.removesuffix(".v1"), field][1]
            assert all(code in why for code in plain), (fact.type, field)
    assert all(code in told["pathways.received", "prescriber_kind"][1] for code in NOT_TELLING.codes)


def test_what_is_named_like_a_persons_situation_is_sensitive() -> None:
    """By another way than the marks: by names, so that a new field cannot slip in with the class of its fact."""
    for fact, field in fields():
        if "person" in fact.subjects and TELLING.search(field) and fact.type.split(".")[1] not in ABOUT_RECORDS:
            expected = Visibility.GROUP if field == "deny_reason" else Visibility.SENSITIVE
            assert fact.visibility_of(field) is expected, (fact.type, field, HOW)
    for name, table in READ_TABLES.items():
        if table.subject_kind == "person":
            telling = {column.name for column in table.listed_columns if TELLING.search(column.name)}
            shown = {column.name for column in table.listed_columns if column.plain}
            assert telling - shown - {"deny_reason"} <= ({"theme"} if name == "support_actions" else set()), name


def test_values_decide_where_the_list_is_open() -> None:
    assert {code for code in members(ExitReason) if not Exited.visibility_of("reason", code).is_listed} == {
        "16", "17", "18", "20", "21", "22", "withdrawn",
    }  # fmt: skip
    received = CATALOGUE.facts["pathways.received.v1"]
    for code, name in CODES.domain("prescriber_kind").items():
        assert received.visibility_of("prescriber_kind", code).is_listed is (code in NOT_TELLING.codes)
        assert name.category != "sensitive" or code not in NOT_TELLING.codes
    assert received.visibility_of("prescriber_kind", "a_code_nobody_knows") is Visibility.SENSITIVE
    assert {
        CATALOGUE.facts["agrement.suspended.v1"].visibility_of("reason", code) for code in members(SuspensionReason)
    } == {Visibility.SENSITIVE}


def test_a_reason_that_lists_do_not_show_is_not_told_by_the_category_beside_it() -> None:
    """The category of a hidden reason holds no reason that is shown: else a gap beside it would tell."""
    categories = law_on(date(2025, 1, 1)).exit_reasons
    shown = {
        categories[code].category for code in members(ExitReason) if Exited.visibility_of("reason", code).is_listed
    }
    hidden = {categories[code].category for code in members(ExitReason)} - shown
    assert hidden == {"withdrawn"}
