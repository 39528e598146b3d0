"""One event from outside: read completely, or refused with every fault and its pointer."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from shared.intake.incoming import MAX_EVENT_BYTES, Envelope, Incoming, read_event
from shared.intake.strict_json import JsonSyntaxError, parse
from shared.log.content import canonical
from shared.web.problems import MalformedError, TooLargeError
from tests.shared.events import CATALOGUE, NOW, PERSON, Opened, event


def read(value: Any) -> Incoming:
    return read_event(value, True, CATALOGUE, NOW)


def refused(value: Any) -> list[tuple[str, str]]:
    with pytest.raises(MalformedError) as caught:
        read(value)
    return [(fault.pointer, fault.code) for fault in caught.value.faults]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in event().items() if key != name}


def test_a_complete_event_is_read() -> None:
    found = read(
        event(
            datacontenttype="application/json",
            replaces="event-0",
            expectedversion=4,
            correlationid="c",
            causationid="d",
        )
    )
    fact = found.fact
    assert fact.data == Opened(starts_on=date(2024, 1, 1))
    assert (fact.id, fact.source, fact.type, fact.subject) == (
        "event-1",
        "urn:test:software",
        "tests.opened.v1",
        PERSON,
    )
    assert fact.time == datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    assert (fact.replaces, fact.correlationid, fact.causationid) == ("event-0", "c", "d")
    assert (fact.recordedtime, fact.sequence, fact.streamversion) == (NOW, 0, 0)
    assert found.expectedversion == 4
    assert found.key == ("urn:test:software", "event-1")
    assert json.loads(found.data) == {"starts_on": "2024-01-01"}


@pytest.mark.parametrize("value", [None, 1, "x", [], [event()], True])
def test_an_event_is_an_object(value: Any) -> None:
    assert refused(value) == [("", "not_an_object")]


def test_attributes_that_are_null_are_absent() -> None:
    """Null was a fault (`datacontenttype`, `colour`), though the JSON format of CloudEvents says that it is nothing."""
    nulls = dict.fromkeys(("datacontenttype", "dataschema", "colour", "replaces", "expectedversion", "causationid"))
    found, plain = read(event(**nulls)), read(event())
    assert (found.fact, found.digest, found.data) == (plain.fact, plain.digest, plain.data)
    assert found.expectedversion is None
    for name in ("specversion", "id", "source", "type", "subject", "time"):
        assert (f"/{name}", "missing_field") in refused(event(**{name: None}))


@pytest.mark.parametrize(
    "kind",
    [
        "application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON",
        'application/json ; charset="utf-8"', "application/json;", "application/json; charset=us-ascii",
    ],
)  # fmt: skip
def test_json_may_say_that_it_is_utf_8(kind: str) -> None:
    """Which is what HTTP libraries write by themselves; it was `unknown_datacontenttype`."""
    assert read(event(datacontenttype=kind)).digest == read(event()).digest


@pytest.mark.parametrize(
    "kind", ["application/json; charset=latin-1", "application/json5", "application/json; boundary=x", "text/json", 7]
)
def test_other_contents_are_not_read(kind: Any) -> None:
    assert [code for _, code in refused(event(datacontenttype=kind))] == ["unknown_datacontenttype"]


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "subject", "time", "data"])
def test_each_attribute_is_needed(name: str) -> None:
    assert (f"/{name}", "missing_field") in refused(without(name))


@pytest.mark.parametrize(
    ("wrong", "places"),
    [
        ({"specversion": "0.3"}, [("/specversion", "unknown_specversion")]),
        ({"datacontenttype": "text/xml"}, [("/datacontenttype", "unknown_datacontenttype")]),
        ({"colour": "red"}, [("/colour", "unknown_field")]),
        ({"type": "tests.moved.v1"}, [("/type", "unknown_type")]),
        ({"type": "tests.opened.v9"}, [("/type", "unknown_type")]),
        ({"subject": "structure/6a1f0c52-8a77-4d0e-9d0c-3c1b7a1e0001"}, [("/subject", "wrong_subject")]),
        ({"subject": "person/7"}, [("/subject", "string_pattern_mismatch")]),
        ({"subject": PERSON + "\n"}, [("/subject", "string_pattern_mismatch")]),
        ({"subject": 7}, [("/subject", "string_type")]),
        ({"id": ""}, [("/id", "string_too_short")]),
        ({"id": "a\nb"}, [("/id", "string_pattern_mismatch")]),
        ({"id": "a" * 257}, [("/id", "string_too_long")]),
        ({"id": 7}, [("/id", "string_type")]),
        ({"source": "with space"}, [("/source", "string_pattern_mismatch")]),
        ({"source": ""}, [("/source", "string_too_short")]),
        ({"data": []}, [("/data", "dict_type")]),
        ({"data": None}, [("/data", "dict_type")]),
        ({"expectedversion": -1}, [("/expectedversion", "greater_than_equal")]),
        ({"expectedversion": "1"}, [("/expectedversion", "int_type")]),
        ({"expectedversion": True}, [("/expectedversion", "int_type")]),
        ({"replaces": ""}, [("/replaces", "string_too_short")]),
        ({"time": "2026-01-05T09:10:01Z"}, [("/time", "time_in_the_future")]),
        ({"time": "9999-12-31T23:59:59-14:00"}, [("/time", "time_in_the_future")]),
        ({"time": "1899-12-31T23:59:59Z"}, [("/time", "time_too_early")]),
        ({"time": "0001-01-01T00:00:00+14:00"}, [("/time", "time_too_early")]),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_wrong_attribute_is_named(wrong: dict[str, Any], places: list[tuple[str, str]]) -> None:
    assert refused(event(**wrong)) == places


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-05T09:00:00",
        "2026-01-05",
        "1767603600",
        1767603600,
        "2026-01-05T09:00Z",
        "2026-02-30T09:00:00Z",
        "2026-01-05T25:00:00Z",
        "2026-01-05T09:00:00+99:00",
        "2026-01-05T09:00:00Z\n",
        "٢٠٢٦-01-05T09:00:00Z",
        None,
    ],
)
def test_a_time_is_an_instant_with_its_offset(time: Any) -> None:
    assert [pointer for pointer, _ in refused(event(time=time))] == ["/time"]


@pytest.mark.parametrize(
    "time",
    ["2026-01-05T09:10:00Z", "2026-01-05t10:00:00.123456+01:00", "2026-01-05 09:00:00z", "2026-01-04T22:00:00-11:00"],
)
def test_instants_may_be_written_in_the_ways_of_rfc_3339(time: str) -> None:
    assert read(event(time=time)).fact.time <= NOW + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("data", "places"),
    [
        ({}, [("/data/starts_on", "missing_field")]),
        ({"starts_on": "2024-01-01", "name": "x"}, [("/data/name", "unknown_field")]),
        ({"starts_on": "2024-01-01", "inside": {"name": "x"}}, [("/data/inside/name", "unknown_field")]),
        ({"starts_on": "2024-01-01", "a/b~c": 1}, [("/data/a~1b~0c", "unknown_field")]),
        ({"starts_on": "2024-01-01", "kind": "huge"}, [("/data/kind", "unknown_kind")]),
        ({"starts_on": "2024-01-01", "inside": {"note": "z"}}, [("/data/inside/note", "unknown_note")]),
        ({"starts_on": "2024-01-01", "codes": ["x", "z"]}, [("/data/codes/1", "unknown_codes")]),
        ({"starts_on": "2024-01-01", "thing_id": "7"}, [("/data/thing_id", "uuid_parsing")]),
        ({"starts_on": "2024-01-01", "hours": "3"}, [("/data/hours", "float_type")]),
        ({"starts_on": "2024-01-01", "hours": True}, [("/data/hours", "float_type")]),
        ({"starts_on": "2024-01-01", "hours": 1.00001}, [("/data/hours", "value_error")]),
        ({"hours": -1, "kind": "huge"}, [("/data/starts_on", "missing_field"), ("/data/kind", "unknown_kind"), ("/data/hours", "greater_than_equal")]),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_a_wrong_field_is_named(data: dict[str, Any], places: list[tuple[str, str]]) -> None:
    assert refused(event(data=data)) == places


@pytest.mark.parametrize(
    "day", ["2024-1-1", "01/02/2024", "2024-02-30", "20240101", 19723, 1704067200, "1704067200", "2024-01-01T00:00:00", "2024-01-01T00:00:00Z", "", None]
)  # fmt: skip
def test_a_day_is_written_one_way(day: Any) -> None:
    assert [pointer for pointer, _ in refused(event(data={"starts_on": day}))] == ["/data/starts_on"]


@pytest.mark.parametrize(
    "thing",
    ["6a1f0c528a774d0e9d0c3c1b7a1e0001", "{6a1f0c52-8a77-4d0e-9d0c-3c1b7a1e0001}", "urn:uuid:6a1f0c52-8a77-4d0e-9d0c-3c1b7a1e0001"],
)  # fmt: skip
def test_an_id_is_written_one_way(thing: str) -> None:
    assert refused(event(data={"starts_on": "2024-01-01", "thing_id": thing})) == [("/data/thing_id", "other_spelling")]


def test_capital_letters_of_ids_do_not_matter() -> None:
    found = read(event(subject=PERSON.upper().replace("PERSON", "person")))
    assert found.fact.subject == PERSON
    read(event(data={"starts_on": "2024-01-01", "thing_id": "6A1F0C52-8A77-4D0E-9D0C-3C1B7A1E0001"}))


def test_faults_of_envelope_and_data_are_told_at_once() -> None:
    wrong_day = {"starts_on": "tomorrow"}
    assert [pointer for pointer, _ in refused(event(id="", time="now", data=wrong_day))] == [
        "/id", "/time", "/data/starts_on",
    ]  # fmt: skip
    assert [pointer for pointer, _ in refused(event(time="2027-01-01T00:00:00Z", data=wrong_day))] == [
        "/time", "/data/starts_on",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b'"starts_on":"2024-01-01","starts_on":"2024-01-01"', ("/data/starts_on", "duplicate_key")),
        (b'"starts_on":"2024-01-01","hours":NaN', ("/data/hours", "number_not_finite")),
        (b'"starts_on":"2024-01-01","hours":1e999', ("/data/hours", "number_not_finite")),
        (b'"starts_on":"2024-01-01","hours":9007199254740993', ("/data/hours", "integer_too_large")),
        (b'"starts_on":"2024-01-01","kind":"\\u0000"', ("/data/kind", "bad_character")),
        (b'"starts_on":"2024-01-01","kind":"\\ud800"', ("/data/kind", "bad_character")),
        (b'"starts_on":' + b"[" * 19 + b"]" * 19, ("/data/starts_on" + "/0" * 18, "too_deep")),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_what_two_readers_could_read_differently_is_refused(raw: bytes, place: tuple[str, str]) -> None:
    body = canonical(event(data={})).replace(b'"data":{}', b'"data":{' + raw + b"}")
    value, suspect = parse(body)
    with pytest.raises(MalformedError) as caught:
        read_event(value, suspect, CATALOGUE, NOW)
    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == [place]


def test_an_event_is_at_most_64_kib() -> None:
    with pytest.raises(TooLargeError) as caught:
        read(event(data={"starts_on": "2024-01-01", "name": "x" * MAX_EVENT_BYTES}))
    assert caught.value.fields == {"limit_bytes": 65536}
    assert refused(event(data={"starts_on": "2024-01-01", "name": "x" * (MAX_EVENT_BYTES - 40)})) == [
        ("/data/name", "unknown_field")
    ]


# One id, one content


def same_content(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return read(one).digest == read(other).digest


def test_time_key_order_and_the_spelling_of_numbers_are_not_content() -> None:
    data = {"starts_on": "2024-01-01", "hours": 35, "kind": "big"}
    other = parse(b'{"kind":"big","hours":35.0,"starts_on":"2024-01-01"}')[0]
    assert same_content(event(data=data), event(data=other, time="2026-01-05T08:59:00Z", correlationid="x"))


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "tests.closed.v1", "data": {"ended_on": "2024-01-01"}},
        {"subject": "person/6a1f0c52-8a77-4d0e-9d0c-3c1b7a1e0002"},
        {"data": {"starts_on": "2024-01-02"}},
        {"data": {"starts_on": "2024-01-01", "declared_on": None}},
        {"replaces": "event-0"},
    ],
)
def test_type_subject_data_and_replaces_are_content(changed: dict[str, Any]) -> None:
    assert not same_content(event(), event(**changed))


def one_of(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


AN_INSTANT = st.builds(
    "{}-{}-{}{}{}:{}:{}{}{}".format,
    one_of("0000", "0001", "1899", "2024", "9999", "\u0662024"),
    one_of("00", "01", "02", "12", "13"),
    one_of("00", "01", "28", "29", "31", "32"),
    one_of("T", "t", " "),
    one_of("00", "09", "23", "24"),
    one_of("00", "59", "60"),
    one_of("00", "59", "60"),
    one_of("", ".0", ".1", ".123456", ".1234567", ".999999999", f".{1:040}"),
    one_of("Z", "z", "+00:00", "-00:00", "+01:00", "-05:30", "+23:59", "+24:00", "+00:60", "+14:61", "-99:99"),
)


@given(AN_INSTANT)
@settings(max_examples=500)
def test_an_instant_is_read_as_the_model_s_library_reads_it(text: str) -> None:
    reader = TypeAdapter(AwareDatetime)
    try:
        wanted: Any = reader.validate_python(text).isoformat()
    except ValidationError as error:
        wanted = [(one["type"], one["msg"]) for one in error.errors()]
    try:
        found: Any = Envelope.model_validate(event(time=text)).time.isoformat()
    except ValidationError as error:
        found = [(one["type"], one["msg"]) for one in error.errors()]
    assert found == wanted


# Anything at all

TEXT = st.text(st.characters(codec=None))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
NEAR = st.fixed_dictionaries(
    {},
    optional={
        name: st.just(value) | JSON
        for name, value in {
            **event(replaces="event-0", expectedversion=1, correlationid="c"),
            "data": {"starts_on": "2024-01-01"},
        }.items()
    },
)
NEAR_DATA = st.fixed_dictionaries(
    {"starts_on": st.just("2024-01-01") | JSON},
    optional={name: JSON for name in Opened.model_fields if name != "starts_on"},
).map(lambda data: event(data=data))


def outcome(raw: bytes) -> Incoming | MalformedError | TooLargeError | JsonSyntaxError:
    try:
        parsed, suspect = parse(raw)
        return read_event(parsed, suspect, CATALOGUE, NOW)
    except (MalformedError, TooLargeError, JsonSyntaxError) as error:
        return error


@given(JSON | NEAR | NEAR_DATA)
def test_any_json_is_read_or_refused_and_never_breaks_anything(value: Any) -> None:
    found = outcome(json.dumps(value).encode())
    if isinstance(found, MalformedError):
        assert found.faults
        json.dumps(found.problem(), ensure_ascii=False).encode()
    elif isinstance(found, Incoming):
        assert CATALOGUE.facts[found.fact.type].model_validate_json(found.data) == found.fact.data


@given(JSON)
def test_any_data_in_any_fact_is_read_or_refused(value: Any) -> None:
    for name in CATALOGUE.facts:
        assert outcome(json.dumps(event(type=name, data=value)).encode()) is not None
