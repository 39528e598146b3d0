"""What must not stand in a log: secrets of addresses and tokens, and the values that libraries quote in their errors."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
from pydantic import ValidationError

from shared.process.control_characters import escaped

MASK = "***"
_SECRETS: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile(r"(://[^/\s:@]*):[^@/\s]+@"), rf"\1:{MASK}@"),  # a password in an address
    (re.compile(r"(?i)\b(bearer\s+)[^\s'\",]+"), rf"\1{MASK}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?"), MASK),  # a JSON Web Token
    (re.compile(r"(?i)\b(password|passwd|pwd|token|secret|authorization)(\s*[=:]\s*)[^\s&'\",;]+"), rf"\1\2{MASK}"),
    # pydantic quotes what it refused, PostgreSQL the row and the parameters of a statement: facts about people.
    (re.compile(r"input_value=.*?(, input_type=)", re.DOTALL), rf"input_value={MASK}\1"),
    (re.compile(r"(?m)\b(DETAIL|CONTEXT|STATEMENT|QUERY):.*$"), rf"\1: {MASK}"),
    (re.compile(r"(DETAIL|CONTEXT|STATEMENT|QUERY):(?:(?!\\n).)*"), rf"\1: {MASK}"),  # the same inside a repr()
)

_QUOTING = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
_MOST_PLACES = 20
_QUOTING_OF_A_DATABASE = (psycopg.DataError, psycopg.IntegrityError)
"""Errors of handling what came, whose messages quote it: a code that a table lacks (KeyError: 'SICKNESS'), a value refused
by its type. Others (a server that is away, a file) say what an operator needs."""


def told(error: BaseException) -> str:
    """What a log line says of an error: its type, and its message where that can quote no fact."""
    message = _without_values(error)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _without_values(error: BaseException) -> str:
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return ", ".join(f"{'.'.join(map(str, one['loc']))} {one['type']}" for one in found[:_MOST_PLACES])
    return MASK if isinstance(error, _QUOTING + _QUOTING_OF_A_DATABASE) and str(error) else masked(str(error))


def traceback_of(error: BaseException) -> str:
    """The same with where it was raised, and what it came from."""
    whole = traceback.TracebackException.from_exception(error)
    for one in _chained(whole):
        if issubclass(one.exc_type, _QUOTING + _QUOTING_OF_A_DATABASE):
            # What `format` prints after the type. Beside it stand lines of our code, which quote nothing.
            setattr(one, "_str", MASK)  # noqa: B010  # no type stub has it
            one.__notes__ = None
    return masked("".join(whole.format())).rstrip()


def _chained(error: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    yield error
    for other in (error.__cause__, error.__context__, *(error.exceptions or ())):
        if other is not None:
            yield from _chained(other)


def masked(text: str) -> str:
    """The text without them; the rest as it is."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def masked_value(value: Any) -> Any:
    """The same for everything a log line may hold, on one line."""
    if isinstance(value, str):
        return escaped(masked(value))
    if isinstance(value, BaseException):
        return escaped(told(value))
    if isinstance(value, Mapping):
        return {escaped(str(name)): masked_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked_value(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else escaped(masked(str(value)))
