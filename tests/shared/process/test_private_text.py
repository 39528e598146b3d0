"""Secrets and values about people do not stand in a log, wherever they were quoted."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest
from pydantic import BaseModel, ValidationError

from shared.process.private_text import masked, masked_value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://app:s3cret@db:5432/x", "postgresql://app:***@db:5432/x"),
        ("http://user:pw@host and ftp://a:b@c", "http://user:***@host and ftp://a:***@c"),
        ("postgresql://db/x?password=s3cret&a=b", "postgresql://db/x?password=***&a=b"),
        ("Authorization: Bearer abc.def-g", "Authorization: *** ***"),
        ("bad token eyJhbGciOiJI.eyJzdWIiOiIx.c2ln here", "bad token *** here"),
        ("nothing to hide: 12:30 at http://host/path", "nothing to hide: 12:30 at http://host/path"),
    ],
)
def test_secrets(text: str, shown: str) -> None:
    assert masked(text) == shown


class Person(BaseModel):
    born_on: date


def test_what_pydantic_quotes() -> None:
    with pytest.raises(ValidationError) as caught:
        Person.model_validate({"born_on": "Anna Dupont"})
    for text in (str(caught.value), repr(caught.value)):
        assert "Anna" in text
        assert "Anna" not in masked(text)
        assert "born_on" in masked(text)


def test_what_postgresql_quotes(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE people (name text PRIMARY KEY)")
        connection.execute("INSERT INTO people VALUES ('Anna Dupont')")
        with pytest.raises(psycopg.errors.UniqueViolation) as caught:
            connection.execute("INSERT INTO people VALUES ('Anna Dupont')")
    for text in (str(caught.value), repr(caught.value)):
        assert "Anna" in text
        assert "Anna" not in masked(text)
        assert "people_pkey" in masked(text)


def test_values_of_every_form() -> None:
    value = {"a": ["postgresql://u:p@h", 1, None, True], "b": ("bearer xyz",), "c": ValueError("token=abc")}
    assert masked_value(value) == {
        "a": ["postgresql://u:***@h", 1, None, True],
        "b": ["bearer ***"],
        "c": "token=***",
    }
