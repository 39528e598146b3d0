"""From the JSON of one event to a fact that can be judged, or every fault of it with its pointer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from shared.facts.catalogue import Catalogue
from shared.facts.fact import ARRIVING, Fact, Recorded, paris_day
from shared.intake.seen import Seen
from shared.intake.strict_json import escape, faults
from shared.log.content import canonical, digest_of
from shared.process.control_characters import CONTROL
from shared.rights.caller import LOCAL, Caller
from shared.rights.saying import said_for
from shared.web.problems import Fault, MalformedError, TooLargeError

MAX_ATTRIBUTES = 200
"""Of one event, extensions that nobody reads included: each may be a fault, and none costs its sender anything."""
MAX_EVENT_BYTES = 64 * 1024
"""Far more than ids, codes, days and amounts need, far less than a record of Kafka may have."""
CLOCK_SKEW = timedelta(minutes=10)
"""By how much a sender's clock may be ahead of ours."""
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)

_SUBJECT = r"^(person|structure|group|client)/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_SAYER = r"^(structure/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|role/[a-z_]{1,40})$"
_URI = r"^[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$"
"""Characters of a URI, ASCII as RFC 3986 has it: it is part of keys, and an index row is small."""
_INSTANT = re.compile(r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:(?P<minutes>\d{2}))$")

_JSON_TYPE = re.compile(r'application/json(\s*;\s*charset="?(utf-?8|us-ascii)"?)?\s*;?\s*', re.IGNORECASE)


def _instant(value: object) -> object:
    found = _INSTANT.match(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("an instant with its offset, such as 2024-03-01T09:30:00+01:00")
    # Python's own reader, whose time zones take a tenth of the time of pydantic's wherever an instant is compared or
    # printed. What it does not take, and offsets that it alone takes, pydantic is left to judge.
    if (found["minutes"] or "") >= "60":
        return value
    try:
        return datetime.fromisoformat(found.string)
    except ValueError:
        return value


def _json_type(value: object) -> object:
    """`application/json` in any case, with or without saying that it is UTF-8, which JSON always is."""
    return "application/json" if isinstance(value, str) and _JSON_TYPE.fullmatch(value) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Text = Annotated[str, Field(strict=True, min_length=1, max_length=256, pattern=rf"^[^{CONTROL}]+$")]


OF_TRACING = frozenset({"traceparent", "tracestate"})
"""Of CloudEvents' extension for distributed tracing, which SDKs add by themselves: of the way, not of the event."""


class Envelope(BaseModel):
    """CloudEvents 1.0 attributes as senders give them; `data` is checked apart, by the model of its type."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    specversion: Literal["1.0"]
    id: Text
    source: Annotated[str, Field(strict=True, min_length=1, max_length=512, pattern=_URI)]
    type: Annotated[str, Field(strict=True, max_length=200)]
    subject: Annotated[str, BeforeValidator(_lower), Field(pattern=_SUBJECT)]
    time: Annotated[AwareDatetime, BeforeValidator(_instant)]
    datacontenttype: Annotated[Literal["application/json"], BeforeValidator(_json_type)] = "application/json"
    data: dict[str, Any]
    replaces: Text | None = None
    expectedversion: Annotated[int, Field(strict=True, ge=0)] | None = None
    correlationid: Text | None = None
    causationid: Text | None = None
    saidfor: Annotated[str, BeforeValidator(_lower), Field(strict=True, max_length=60, pattern=_SAYER)] | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """One well-formed event on its way to the writer.

    `digest`: of its content, to tell a retry from an id used twice. `data`: the stored form. `expectedversion`: what the
    sender takes the subject's version to be, None where it does not matter.
    """

    fact: Recorded
    digest: bytes
    data: bytes
    expectedversion: int | None
    seen: Seen | None = None
    """Of other services, where rules that judge the fact ask for them."""
    caller: Caller = LOCAL
    """Who sends it: what is recorded may say that it is not theirs to say."""
    saidfor: str | None = None
    """For whom it is said, as far as the caller and the event tell (`shared.rights.saying`)."""
    is_hidden: bool = False
    """Of what is only checked: who asks may not see the person, so the rules judge as if others had said nothing."""

    @property
    def key(self) -> tuple[str, str]:
        return self.fact.key


def plain_data(fact: Fact) -> bytes:
    """The stored form of a fact's data; what was not given stays out."""
    return canonical(fact.model_dump(mode="json", exclude_unset=True))


def read_event(
    value: Any,
    suspect: bool,
    catalogue: Catalogue,
    now: datetime,
    correlationid: str | None = None,
    caller: Caller = LOCAL,
) -> Incoming:
    """Check one parsed event completely. `correlationid`: for an event that brings none; no part of its content, so that
    a retry, which comes in another request, stays one. Raise MalformedError with every fault found, TooLargeError, or what
    `said_for` does."""
    if suspect and (found := list(faults(value))):
        raise MalformedError(found)
    if not isinstance(value, dict):
        raise MalformedError([Fault("", "not_an_object", "an event is a JSON object")])
    if len(value) > MAX_ATTRIBUTES:
        raise MalformedError([Fault("", "too_many_attributes", f"an event has at most {MAX_ATTRIBUTES} attributes")])
    # CloudEvents' JSON format, 2.2: an attribute that is null is one that is not given. Most have none.
    if None in value.values() or not OF_TRACING.isdisjoint(value):
        value = {
            name: given
            for name, given in value.items()
            if (given is not None or name == "data") and name not in OF_TRACING
        }
    try:
        # The envelope first, since it names the model of the data; where it fails the data are judged all the same.
        envelope = Envelope.model_validate(value)
    except ValidationError as error:
        raise MalformedError([*_faults_of(error, ""), *_data_faults(value, catalogue)]) from None
    if found := list(_envelope_faults(envelope, catalogue, now)):
        raise MalformedError([*found, *_data_faults(value, catalogue)])
    data = canonical(envelope.data)
    if len(data) > MAX_EVENT_BYTES:
        raise TooLargeError(limit_bytes=MAX_EVENT_BYTES)
    return _incoming(envelope, data, catalogue, now, correlationid, caller)


def _incoming(
    envelope: Envelope, data: bytes, catalogue: Catalogue, now: datetime, correlationid: str | None, caller: Caller
) -> Incoming:
    try:
        # From text, not from the parsed value: pydantic's strict mode takes a text for a day or an id only there.
        fact = catalogue.facts[envelope.type].model_validate_json(data, strict=True, extra="forbid", context=ARRIVING)
    except ValidationError as error:
        raise MalformedError(list(_faults_of(error, "/data"))) from None
    if fact.by_today and fact.occurred_on > paris_day(now):
        message = "it cannot be taken back, and its day is still to come; say a day up to today (Paris)"
        raise MalformedError([Fault(f"/data/{fact.occurred_on_field}", "day_in_the_future", message)])
    plain = fact.model_dump(mode="json", exclude_unset=True)
    # Nearly always equal: only where they differ is each value looked at.
    if plain != envelope.data and (found := list(_other_spellings(envelope.data, plain, "/data"))):
        raise MalformedError(found)
    recorded = Recorded.of_checked(  # checked above, by the envelope's model: not a second time
        id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        subject=envelope.subject,
        time=envelope.time,
        recordedtime=now,
        sequence=0,
        streamversion=0,
        replaces=envelope.replaces,
        correlationid=envelope.correlationid or correlationid,
        causationid=envelope.causationid,
        saidfor=envelope.saidfor,
        unproven=None,
        erased=None,
        data=fact,
    )
    digest = digest_of(envelope.type, envelope.subject, envelope.replaces, data)
    return Incoming(recorded, digest, data, envelope.expectedversion, caller=caller, saidfor=said_for(caller, recorded))


def _envelope_faults(envelope: Envelope, catalogue: Catalogue, now: datetime) -> Iterator[Fault]:
    fact = catalogue.facts.get(envelope.type)
    if fact is None:
        yield Fault("/type", "unknown_type", "this service knows no such fact; see GET …/v1/event-types")
    elif envelope.subject.partition("/")[0] not in fact.subjects:
        yield Fault("/subject", "wrong_subject", f"the subject of this fact is a {' or a '.join(fact.subjects)}")
    if envelope.time > now + CLOCK_SKEW:
        yield Fault("/time", "time_in_the_future", "more than 10 minutes ahead of the server")
    if envelope.time < _EARLIEST:
        yield Fault("/time", "time_too_early", "before 1900")


def _data_faults(value: dict[str, Any], catalogue: Catalogue) -> Iterator[Fault]:
    """Faults of `data`, so that a sender with a broken envelope learns everything at once."""
    name, data = value.get("type"), value.get("data")
    if not isinstance(name, str) or not isinstance(data, dict) or name not in catalogue.facts:
        return
    text = canonical(data)
    if len(text) > MAX_EVENT_BYTES:  # of a batch's 16 MiB: each unknown field would be a fault, millions of them
        return
    try:
        catalogue.facts[name].model_validate_json(text, strict=True, extra="forbid", context=ARRIVING)
    except ValidationError as error:
        yield from _faults_of(error, "/data")


def _other_spellings(given: Any, plain: Any, pointer: str) -> Iterator[Fault]:
    """Values that a lenient parser took for a day or an id: a timestamp in quotes, `urn:uuid:…`."""
    if isinstance(given, dict) and isinstance(plain, dict):
        for key, value in given.items():
            yield from _other_spellings(value, plain.get(key), f"{pointer}/{escape(key)}")
    elif isinstance(given, list) and isinstance(plain, list):
        for place, (given_item, plain_item) in enumerate(zip(given, plain, strict=True)):
            yield from _other_spellings(given_item, plain_item, f"{pointer}/{place}")
    # Upper case in an id is let pass: it is stored in lower case, and no two ids differ by it.
    elif isinstance(given, str) and isinstance(plain, str) and given.lower() != plain.lower():
        yield Fault(pointer, "other_spelling", "days are written YYYY-MM-DD, ids as 36 characters with hyphens")


def _faults_of(error: ValidationError, prefix: str) -> Iterator[Fault]:
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        location = [str(part) for part in item["loc"]]
        pointer = prefix + "".join(f"/{escape(part)}" for part in location)
        yield Fault(pointer, _code_of(item["type"], location), item["msg"].removeprefix("Value error, "))


def _code_of(kind: str, location: list[str]) -> str:
    """Stable codes of ours for the usual faults; a code outside its list is named after the field: `unknown_kind`."""
    if kind == "literal_error":
        return f"unknown_{next(part for part in reversed(location) if not part.isdecimal())}"
    return {"extra_forbidden": "unknown_field", "missing": "missing_field"}.get(kind, kind)
