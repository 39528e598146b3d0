"""JSON as intake accepts it: what two readers could understand differently is refused, with a pointer to each place.

Refused: duplicate keys, NaN and infinities, U+0000, lone surrogates and characters that steer terminals, integers beyond
2^53, depth over 20.
The C scanner of the standard library parses; its hooks only notice that something is wrong, and a second, slow walk
(bad bodies only) finds where.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from shared.process.control_characters import BEYOND_ASCII, without_control
from shared.web.problems import Fault

MAX_DEPTH = 20
MAX_INTEGER = 2**53
LONGEST_INTEGER = len(str(-MAX_INTEGER))

_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|00[7-9]|20[26]|[dD][89a-fA-F])")
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")
_STEERING = re.compile(rf"[\x7f{BEYOND_ASCII}]")
"""Control characters that no field wants; those of ASCII are left to the patterns of fields."""


_SPACES = " \t\n\r"
_SPACE = re.compile(f"[{_SPACES}]*")
_scan = json.JSONDecoder(parse_int=str, parse_float=str).scan_once  # type: ignore[attr-defined]  # no stub knows it
"""Numbers are not read: Python refuses, or takes long over, one of thousands of digits."""


class JsonSyntaxError(Exception):
    """Not JSON at all: the whole body falls."""


class _Repeated(dict[str, Any]):
    """An object with a key given twice; `keys_twice` names them."""

    keys_twice: list[str]


class _BadNumber:
    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message


_NOT_FINITE = _BadNumber("number_not_finite", "numbers must be finite")
_TOO_BIG = _BadNumber("integer_too_large", "integers beyond 2^53 are not the same for every reader")


class _Parser:
    """Hooks of one parse; `suspect` says whether the slow walk is needed."""

    def __init__(self) -> None:
        self.suspect = False

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) == len(pairs):
            return result
        self.suspect = True
        repeated = _Repeated(result)
        repeated.keys_twice = sorted(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        return repeated

    def integer(self, text: str) -> Any:
        # The length first: Python refuses, or takes long over, an integer of thousands of digits.
        if len(text) <= LONGEST_INTEGER and abs(number := int(text)) <= MAX_INTEGER:
            return number
        self.suspect = True
        return _TOO_BIG

    def decimal(self, text: str) -> Any:
        number = float(text)
        if number - number != 0:  # infinite: 1e999 is written like a number and is none
            self.suspect = True
            return _NOT_FINITE
        if number.is_integer():  # 35.0 and 35 are one JSON value
            return self.integer(str(int(number)))
        return number

    def constant(self, _: str) -> Any:
        self.suspect = True
        return _NOT_FINITE


def parse(raw: bytes) -> tuple[Any, bool]:
    """The value, and whether `faults` must be asked about it. Raise JsonSyntaxError where there is no value."""
    parser = _Parser()
    try:
        text = raw.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=parser.pairs,
            parse_int=parser.integer,
            parse_float=parser.decimal,
            parse_constant=parser.constant,
        )
    except UnicodeDecodeError as error:
        raise JsonSyntaxError(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise JsonSyntaxError(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise JsonSyntaxError(f"nested deeper than {MAX_DEPTH}") from None
    # Counted first, which is quick: with fewer brackets than that nothing can be deep.
    nested = raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _is_deep(value)
    escaped = b"\\u" in raw and _SUSPECT_ESCAPE.search(raw) is not None
    plain = b"\x7f" in raw or (not raw.isascii() and _STEERING.search(text) is not None)
    return value, parser.suspect or nested or escaped or plain


def has_more_items(raw: bytes, most: int) -> bool:
    """Whether it is an array of more items than that, found out without keeping them: 16 MiB of `{}` are 400 MB of objects.
    False also where it is no JSON, which `parse` tells."""
    if raw.count(b",") < most:  # as in nearly all
        return False
    try:
        text = raw.decode("utf-8")
        place = _SPACE.match(text).end()  # type: ignore[union-attr]  # it matches nothing too
        if text[place : place + 1] != "[":
            return False
        for _ in range(most):
            place += 1
            if text[place] in _SPACES:
                place = _SPACE.match(text, place).end()  # type: ignore[union-attr]
            _, place = _scan(text, place)
            if text[place] != ",":
                place = _SPACE.match(text, place).end()  # type: ignore[union-attr]
                if text[place] != ",":
                    return False
    except (ValueError, IndexError, StopIteration, RecursionError):
        return False
    return True


_NESTING = (dict, list)


def _is_deep(value: Any) -> bool:
    """Whether anything lies deeper than MAX_DEPTH."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            item
            for one in level
            if isinstance(one, _NESTING)
            for item in (one.values() if isinstance(one, dict) else one)
            if isinstance(item, _NESTING)
        ]
        if not level:
            return False
    return True


def faults(value: Any, pointer: str = "", depth: int = 1) -> Iterator[Fault]:
    """Each place of a parsed value that intake refuses. `depth` is the one of `value` itself."""
    if isinstance(value, _BadNumber):
        yield Fault(pointer, value.code, value.message)
    elif isinstance(value, str):
        yield from _text_faults(value, pointer)
    elif isinstance(value, dict | list):
        if depth > MAX_DEPTH:
            yield Fault(pointer, "too_deep", f"nested deeper than {MAX_DEPTH}")
            return
        for key in getattr(value, "keys_twice", ()):
            yield Fault(f"{pointer}/{escape(key)}", "duplicate_key", "the key is given twice")
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            if isinstance(key, str):
                yield from _text_faults(key, pointer)
            yield from faults(item, f"{pointer}/{escape(str(key))}", depth + 1)


def _text_faults(text: str, pointer: str) -> Iterator[Fault]:
    if _UNSENDABLE.search(text):
        yield Fault(pointer, "bad_character", "U+0000 and lone surrogates cannot be stored")
    if _STEERING.search(text):
        yield Fault(pointer, "control_character", "control characters and marks that turn text around are not taken")


def escape(token: str) -> str:
    """One reference token of a JSON pointer. Characters that cannot be sent back, or are refused, are replaced."""
    safe = without_control(_UNSENDABLE.sub("\ufffd", token))
    return safe.replace("~", "~0").replace("/", "~1")
