"""JSON that two readers could understand differently is refused, with a pointer to each place."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.intake.strict_json import MAX_INTEGER, JsonSyntaxError, escape, faults, has_more_items, parse


def refused(raw: bytes) -> list[tuple[str, str]]:
    value, suspect = parse(raw)
    assert suspect, "nobody would have asked"
    return [(fault.pointer, fault.code) for fault in faults(value)]


@pytest.mark.parametrize(
    ("raw", "places"),
    [
        (b'{"a":1,"a":1}', [("/a", "duplicate_key")]),
        (b'{"a":{"b":1,"c":2,"b":3}}', [("/a/b", "duplicate_key")]),
        (b'[{"a":1,"a":2,"b":1,"b":2}]', [("/0/a", "duplicate_key"), ("/0/b", "duplicate_key")]),
        (b'{"a":1,"\\u0061":2}', [("/a", "duplicate_key")]),
        (b'{"a":NaN}', [("/a", "number_not_finite")]),
        (b'{"a":[0,Infinity]}', [("/a/1", "number_not_finite")]),
        (b"-Infinity", [("", "number_not_finite")]),
        (b'{"a":1e999}', [("/a", "number_not_finite")]),
        (b'{"a":9007199254740993}', [("/a", "integer_too_large")]),
        (b'{"a":-9007199254740993}', [("/a", "integer_too_large")]),
        (b'{"a":1e300}', [("/a", "integer_too_large")]),
        (b'{"a":' + b"9" * 5000 + b"}", [("/a", "integer_too_large")]),
        (b'{"a":"x\\u0000"}', [("/a", "bad_character")]),
        (b'{"a":"\\ud800"}', [("/a", "bad_character")]),
        (b'{"a":"\\udc00\\ud800"}', [("/a", "bad_character")]),
        (b'{"a":"\\u009b2J"}', [("/a", "control_character")]),
        ('{"a":["\u0085", "\u202e"]}'.encode(), [("/a/0", "control_character"), ("/a/1", "control_character")]),
        (b'{"a":"\x7f"}', [("/a", "control_character")]),
        ('{"o":{"\u2066":1}}'.encode(), [("/o", "control_character")]),
        (
            b'{"o":{"\\u001b[2J\\u009b":NaN}}',
            [("/o", "control_character"), ("/o/\ufffd[2J\ufffd", "number_not_finite")],
        ),
        (b'{"a/b~c":NaN}', [("/a~1b~0c", "number_not_finite")]),
        (b'{"o":{"\\u0000":1}}', [("/o", "bad_character")]),
        (b'{"a":NaN,"b":1e999,"a":2}', [("/a", "duplicate_key"), ("/b", "number_not_finite")]),
    ],
)
def test_each_doubtful_place_is_named(raw: bytes, places: list[tuple[str, str]]) -> None:
    assert refused(raw) == places


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{} {}",
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":01}',
        b'{"a":"\n"}',
        b'{"a":"\x00"}',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        b"nan",
        b"[" * 200_000,
        b'{"a":' * 200_000,
    ],
    ids=lambda raw: repr(raw[:12]),
)
def test_what_is_no_json_is_refused_as_a_whole(raw: bytes) -> None:
    with pytest.raises(JsonSyntaxError):
        parse(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"9007199254740992", MAX_INTEGER),
        (b"-9007199254740992", -MAX_INTEGER),
        (b"35.0", 35),
        (b"3.5e1", 35),
        (b"-0.0", 0),
        (b"0.5", 0.5),
        (b"1e-400", 0),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        ('"é"'.encode(), "é"),
        (b'"\\\\u0000"', "\\u0000"),
        (b" [true, null] ", [True, None]),
    ],
)
def test_what_every_reader_understands_alike_is_read(raw: bytes, value: Any) -> None:
    found, suspect = parse(raw)
    assert found == value
    assert type(found) is type(value)
    assert not (suspect and list(faults(found)))


def test_twenty_levels_are_deep_enough() -> None:
    def nested(depth: int) -> bytes:
        return b"[" * depth + b"]" * depth

    value, _ = parse(nested(20))
    assert list(faults(value)) == []
    assert refused(nested(21)) == [("/0" * 20, "too_deep")]
    assert refused(b'{"a":' * 21 + b"1" + b"}" * 21) == [("/a" * 20, "too_deep")]


def test_a_batch_does_not_count_as_a_level_of_its_events() -> None:
    value, _ = parse(b"[" * 21 + b"]" * 21)
    assert list(faults(value, depth=0)) == []


def test_many_brackets_are_not_many_levels() -> None:
    value, suspect = parse(b"[" + b"[]," * 100 + b"[]]")
    assert not suspect
    assert list(faults(value)) == []


def test_a_hundred_thousand_keys_given_twice_take_no_quadratic_time() -> None:
    body = b"{" + b",".join(b'"k%d":1' % (n // 2) for n in range(100_000)) + b"}"
    before = time.process_time()
    value, _ = parse(body)
    assert len(list(faults(value))) == 50_000
    assert time.process_time() - before < 5


def test_pointers_can_always_be_sent_back() -> None:
    escape("\ud800\x00~/").encode()
    assert escape("~/") == "~0~1"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec=None)), inner),
)


@given(JSON)
def test_any_value_is_read_as_it_is_or_refused_with_a_place(value: Any) -> None:
    found, suspect = parse(json.dumps(value).encode())
    if suspect and (places := list(faults(found))):
        for fault in places:
            json.dumps(fault.json()).encode()
            fault.pointer.encode()
    else:
        assert found == value
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        value, suspect = parse(raw)
    except JsonSyntaxError:
        return
    if suspect:
        list(faults(value))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(JSON_VALUES, st.integers(1, 6), st.sampled_from([None, 0, 2]), st.sampled_from(["", " ", "\n\t "]))
def test_items_are_counted_as_a_parser_would(value: Any, most: int, indent: int | None, around: str) -> None:
    raw = (around + json.dumps(value, indent=indent, ensure_ascii=False) + around).encode("utf-8", "surrogatepass")
    assert has_more_items(raw, most) == (isinstance(value, list) and len(value) > most)


@given(st.text('[]{},:"1a \\', max_size=30), st.integers(1, 4))
def test_what_is_no_json_is_left_to_the_parser_unless_it_has_too_much(text: str, most: int) -> None:
    """Whatever stands behind so many items is not looked at."""
    try:
        value = json.loads(text)
    except ValueError:
        if has_more_items(text.encode(), most):
            assert text.lstrip().startswith("[")
            assert text.count(",") >= most
    else:
        assert has_more_items(text.encode(), most) == (isinstance(value, list) and len(value) > most)


def test_items_of_any_depth_and_length_end_the_count() -> None:
    assert not has_more_items(b"[" * 100_000 + b"1,1,1", 1)
    assert has_more_items(b"[" + b"9" * 10_000 + b",1]", 1)
    assert not has_more_items(b"\xff,,,", 1)
