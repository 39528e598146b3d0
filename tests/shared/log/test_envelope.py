"""Any bytes at all: a fact, a mark, or a reason; never another exception."""

import json
import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from shared.log.envelope import LARGEST, LONGEST, MARK, Mark, UnreadableError, mark, read
from shared.log.place import Arrived

GOOD: dict[str, Any] = {
    "sequence": 7,
    "streamversion": 2,
    "specversion": "1.0",
    "id": "hire-17",
    "source": "https://structure.example",
    "type": "pathways.hired.v1",
    "subject": "person/00000000-0000-4000-8000-000000000001",
    "recordedtime": "2024-03-04T12:00:00.000001Z",
    "data": {"note": "any"},
}
NEEDED = ["sequence", "streamversion", "id", "source", "type", "subject", "recordedtime"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def text_of(envelope: object) -> bytes:
    return json.dumps(envelope).encode()


def outcome_of(value: bytes) -> Arrived | Mark | str:
    try:
        return read("pathways", 0, value)
    except UnreadableError as error:
        return str(error)


def reason_for(value: bytes | None) -> str:
    with pytest.raises(UnreadableError) as caught:
        read("pathways", 3, value)
    return str(caught.value)


def test_a_published_fact_is_read() -> None:
    value = text_of(GOOD)
    assert read("pathways", 3, value) == Arrived(
        service="pathways",
        sequence=7,
        streamversion=2,
        subject=GOOD["subject"],
        type="pathways.hired.v1",
        id="hire-17",
        source="https://structure.example",
        recordedtime="2024-03-04T12:00:00.000001Z",
        envelope=value,
        partition=3,
    )


def test_attributes_of_newer_versions_are_ignored() -> None:
    assert isinstance(read("pathways", 0, text_of(GOOD | {"newattribute": [1]})), Arrived)


@pytest.mark.parametrize("name", NEEDED)
@given(value=JSON)
def test_whatever_an_attribute_holds_the_reason_names_it(name: str, value: Any) -> None:
    one = outcome_of(text_of(GOOD | {name: value}))
    if isinstance(one, str):
        assert name in one or "JSON" in one or "U+0000" in one
    else:
        assert isinstance(one, Arrived)
        assert getattr(one, name) == value
        assert type(getattr(one, name)) is type(GOOD[name])


@pytest.mark.parametrize("name", NEEDED)
def test_every_attribute_is_needed(name: str) -> None:
    assert name in reason_for(text_of({key: value for key, value in GOOD.items() if key != name}))


@given(value=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(value: bytes) -> None:
    reason_for(value)


@given(value=JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    reason_for(text_of(value))


@given(cut=st.integers(0, len(text_of(GOOD)) - 1), byte=st.integers(0, 255))
def test_a_fact_with_one_byte_changed_is_read_or_refused(cut: int, byte: int) -> None:
    value = text_of(GOOD)
    assert outcome_of(value[:cut] + bytes([byte]) + value[cut + 1 :])


def read_by_hand(value: bytes) -> Arrived | None:
    """Attribute by attribute, of all that the value holds."""
    try:
        found = from_json(value, allow_inf_nan=False)
        wanted = {name: found[name] for name in NEEDED}
        datetime.fromisoformat(wanted["recordedtime"])
    except (ValueError, TypeError, KeyError):
        return None
    is_fit = all(type(one) is type(GOOD[name]) for name, one in wanted.items()) and all(
        0 < len(one) <= LONGEST.get(name, 27) if isinstance(one, str) else 0 < one < 1 << 63
        for name, one in wanted.items()
    )
    instant = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", wanted["recordedtime"], re.ASCII)
    # No text of PostgreSQL has it, wherever it stands; a backslash that is escaped is none of it.
    if not is_fit or instant is None or wanted["type"] == MARK or "\0" in texts_in(found):
        return None
    return Arrived(service="pathways", **wanted, envelope=value, partition=0)


def texts_in(value: object) -> str:
    if isinstance(value, dict):
        return "".join(key + texts_in(inner) for key, inner in value.items())
    return "".join(map(texts_in, value)) if isinstance(value, list) else value if isinstance(value, str) else ""


@given(
    more=st.dictionaries(
        st.sampled_from([*NEEDED, "data", "other"]), JSON | st.just("NaN") | st.integers(), max_size=3
    ),
    cut=st.integers(0, 600),
    bytes_there=st.sampled_from(
        [b"", b'"', b",", b"\\", b"\\u0000", b"NaN", b"1e999", b"-Infinity", b"0", b"\xc3", b"}"]
    ),
    length=st.integers(0, 2),
)
def test_what_is_read_is_what_reading_it_by_hand_gives(
    more: dict[str, Any], cut: int, bytes_there: bytes, length: int
) -> None:
    value = text_of(GOOD | more)
    value = value[:cut] + bytes_there + value[cut + length :] if cut < len(value) else value
    found = outcome_of(value)
    assert (found if isinstance(found, Arrived) else None) == read_by_hand(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no value"),
        (b"", "no value"),
        (b" " * (LARGEST + 1), "bytes"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":' * 100_000, "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"a": NaN}', "not JSON"),
        (text_of(GOOD | {"data": {"hours": float("nan")}}), "not JSON"),
        (text_of(GOOD | {"data": [float("-inf")]}), "not JSON"),
        (b'{"a": "\\ud800"}', "not JSON"),
        (b"[]", "not a JSON object"),
        (text_of(GOOD | {"sequence": 0}), "sequence"),
        (text_of(GOOD | {"sequence": True}), "sequence"),
        (text_of(GOOD | {"sequence": 7.0}), "sequence"),
        (text_of(GOOD | {"sequence": 1 << 63}), "sequence"),
        (text_of(GOOD | {"streamversion": "2"}), "streamversion"),
        (text_of(GOOD | {"subject": "person/" + "x" * 10_000}), "subject"),
        (text_of(GOOD | {"id": ""}), "id"),
        (text_of(GOOD | {"id": "a\x00b"}), "U+0000"),
        (text_of(GOOD | {"data": {"deep": [{"\x00": 1}]}}), "U+0000"),
        (text_of(GOOD | {"recordedtime": "2024-03-04T12:00:00Z"}), "recordedtime"),
        (text_of(GOOD | {"recordedtime": "2024-02-30T12:00:00.000000Z"}), "recordedtime"),
        (text_of(GOOD | {"recordedtime": "٢٠٢٤-03-04T12:00:00.000000Z"}), "recordedtime"),
        (text_of({"type": "parcours.mark", "through": -1, "topicid": "t"}), "through"),
        (text_of({"type": "parcours.mark", "through": 3}), "topicid"),
    ],
)
def test_the_reason_says_what_is_wrong(value: bytes | None, reason: str) -> None:
    assert reason in reason_for(value)


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    assert isinstance(read("pathways", 0, text_of(GOOD | {"data": {"path": "\\u0000"}})), Arrived)


def test_a_mark_is_read_back() -> None:
    assert read("pathways", 0, mark("pathways", 41, "topic-id")) == Mark(41, "topic-id")
