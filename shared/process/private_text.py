"""What must not stand in a log: secrets of addresses and tokens, and the values that libraries quote in their errors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

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


def masked(text: str) -> str:
    """The text without them; the rest as it is."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def masked_value(value: Any) -> Any:
    """The same for everything a log line may hold."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {name: masked_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked_value(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else masked(str(value))
