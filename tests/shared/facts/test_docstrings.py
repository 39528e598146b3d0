"""The contract is the same under every Python, though the compiler of 3.13 takes the indentation out of docstrings."""

from __future__ import annotations

import inspect
import json

import pytest

from parcours.published_contract import asyncapi
from services.projections.catalogue import CATALOGUE
from services.projections.read_tables import READ_TABLES
from shared.facts.docstrings import docstring
from shared.facts.fact import Fact
from shared.intake.openapi import event_schema

FACTS = list(CATALOGUE.facts.values())


def as_3_11(text: str) -> str:
    """As earlier compilers keep it: every line but the first with the indentation of the source."""
    first, *rest = inspect.cleandoc(text).split("\n")
    return "\n".join([first, *(f"    {line}" if line else "" for line in rest), *(["    "] if rest else [])])


def as_3_13(text: str) -> str:
    return inspect.cleandoc(text)


def test_a_docstring_without_the_indentation_of_its_source() -> None:
    class Indented:
        """First.

        Second,
            deeper.
        """

    class Bare: ...

    assert docstring(Indented) == "First.\n\nSecond,\n    deeper."
    assert docstring(Bare) == ""


@pytest.mark.parametrize("fact", [fact for fact in FACTS if "\n" in (fact.__doc__ or "")], ids=lambda fact: fact.type)
def test_the_schemas_of_a_fact_do_not_depend_on_the_compiler(fact: type[Fact], monkeypatch: pytest.MonkeyPatch) -> None:
    """It did: the description of an event had the indentation of its source up to 3.12, and none from 3.13 on."""
    text = fact.__doc__ or ""
    made = []
    for as_compiled in (as_3_11, as_3_13):
        monkeypatch.setattr(fact, "__doc__", as_compiled(text))
        made.append((json.dumps(event_schema(fact)), fact.model_json_schema()["description"]))
    assert made[0] == made[1]


def test_comments_of_tables_and_the_document_of_topics_do_not_either(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {of: of.__doc__ or "" for of in (*FACTS, *(table.row for table in READ_TABLES.values()))}
    made = []
    for as_compiled in (as_3_11, as_3_13):
        for of, text in texts.items():
            monkeypatch.setattr(of, "__doc__", as_compiled(text))
        made.append((asyncapi(), [table.comment for table in READ_TABLES.values()]))
    assert made[0] == made[1]
