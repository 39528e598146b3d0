"""Secrets and values about people do not stand in a log, wherever they were quoted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import psycopg
import pytest
from pydantic import BaseModel, ValidationError

from shared.process.private_text import masked, masked_value, told, traceback_of


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
        "c": "ValueError: ***",
    }


def test_an_error_about_what_came_tells_its_type_and_place_and_no_value() -> None:
    class Model(BaseModel):
        cause: int

    sick = "SICKNESS"
    names: dict[str, str] = {}

    def fails(raises: Callable[[], object]) -> BaseException:
        with pytest.raises(RuntimeError) as failed:  # noqa: PT012  # one error that comes of another
            try:
                raises()
            except Exception as first:
                raise RuntimeError("the fold failed") from first
        return failed.value

    for raises in (lambda: names[sick], lambda: Model.model_validate({"cause": sick}), lambda: int(sick)):
        error = fails(raises)
        cause = error.__cause__
        assert cause is not None
        assert sick in str(cause)
        assert sick not in told(cause) + traceback_of(error) + str(masked_value({"error": cause}))
        assert told(cause).startswith(type(cause).__name__)
        assert "RuntimeError: the fold failed" in traceback_of(error)
        assert "in fails" in traceback_of(error)
    assert told(psycopg.OperationalError("server away")) == "OperationalError: server away"
    with pytest.raises(ValidationError) as refused:
        Model.model_validate({"cause": "SICKNESS"})
    assert told(refused.value) == "ValidationError: cause int_parsing"
