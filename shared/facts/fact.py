"""Facts and their envelope.

A fact is one pydantic model: what is accepted is what is stored, published and folded. Around it stands a CloudEvents
1.0 envelope; recorded, it also has `recordedtime` (UTC, microseconds), `sequence` (the service's log, growing) and
`streamversion` (1, 2, 3… per service and subject).
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo
from pydantic.fields import FieldInfo

from shared.facts.saying import Said, coordinator, prescriber, staff, steward, structure

MarkT = TypeVar("MarkT")
_Kind = type[MarkT]

PARIS = ZoneInfo("Europe/Paris")
SUBJECT_KINDS = ("person", "structure", "group", "client")

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""Days outside are typing mistakes; inside, adding ten years to one cannot overflow."""

Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
Month = Annotated[str, Field(pattern=r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2024-03"])]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,40}$")]
"""A code of an open list."""


MAX_AMOUNT = 1e9
"""With four decimals, 13 digits: what a double holds exactly enough to give the same text back everywhere."""


def _storable(value: float) -> float:
    if abs(value) >= MAX_AMOUNT or round(value, 4) != value:
        raise ValueError("at most nine digits before the point and four behind it")
    return value


Hours = Annotated[float, Field(ge=0), AfterValidator(_storable)]


ARRIVING: Mapping[str, bool] = MappingProxyType({"arriving": True})
"""Validation context of what a sender posts now. What is recorded is read without it, for ever."""


def on_arrival(check: Callable[[Any], Any]) -> AfterValidator:
    """A check of a field that came after facts were recorded without it: it judges what arrives only."""

    def checked(value: Any, info: ValidationInfo) -> Any:
        # By identity: no caller makes this context by accident, and what is recorded stays readable for ever.
        return check(value) if info.context is ARRIVING else value

    return AfterValidator(checked)


class Visibility(StrEnum):
    """Who may be shown a field outside the trust boundary: everybody, the person's group, the writing structure, or
    whoever said it alone (health, disability, justice, housing, benefits, social themes, origin, and what tells of them).
    """

    PUBLIC = "public"
    GROUP = "group"
    STRUCTURE = "structure"
    SENSITIVE = "sensitive"

    @property
    def is_listed(self) -> bool:
        """Whether lists, filters and schema `bi` have it."""
        return self in (Visibility.PUBLIC, Visibility.GROUP)


@dataclass(frozen=True)
class PlainCodes:
    """Mark of a field that is sensitive by its value: these codes tell nothing of a person's situation, and are shown as
    the fact is. Any other is sensitive, one of an open list that nobody knows included."""

    codes: tuple[str, ...]


class Personal:
    """Mark of a field about a person's situation, which an erasure empties; such fields are therefore optional."""


PERSONAL = Personal()


@dataclass(frozen=True)
class LeftAs:
    """Mark of a field with `PlainCodes` that may not be empty: what an erasure leaves of a code that is not plain."""

    code: str


class NamesFact:
    """Mark of a field with the id of a fact, which an erasure hashes as it does that fact's own."""


NAMES_FACT = NamesFact()


class Fact(BaseModel):
    """What happened to one subject: ids, codes, days and amounts; never a person's name, number or free text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ClassVar[str]
    subjects: ClassVar[tuple[str, ...]] = ("person",)
    occurred_on_field: ClassVar[str]
    decided_on_field: ClassVar[str | None] = None
    visibility: ClassVar[Visibility] = Visibility.GROUP
    said: ClassVar[Said]
    """Who may say it, for whom, and what it speaks about; a fact that does not declare it is in no catalogue."""
    example: ClassVar[dict[str, Any]]
    by_today: ClassVar[bool] = False
    """What cannot be taken back is not said of a day to come: a year mistyped would stand for ever."""
    filled_in: ClassVar[tuple[str, ...]] = ()
    """Fields that the service fills in where a sender leaves them empty."""

    @property
    def occurred_on(self) -> date:
        """The day from which it was true (Europe/Paris)."""
        day: date = getattr(self, self.occurred_on_field)
        return day

    def day_of_decision(self, time: datetime) -> date:
        """The day it was decided: its own field, else the Paris day of `time`; for other types the day it was true."""
        if self.decided_on_field is None:
            return self.occurred_on
        day: date | None = getattr(self, self.decided_on_field)
        return day or paris_day(time)

    @classmethod
    def service(cls) -> str:
        return cls.type.partition(".")[0]

    @classmethod
    def visibility_of(cls, field: str, value: object = None) -> Visibility:
        """Who may see the field where it holds this (JSON) value; without one, whatever it holds."""
        plain, whatever = _visibilities(cls)[field]
        return Visibility.SENSITIVE if plain is not None and value not in plain.codes else whatever

    @classmethod
    def personal_fields(cls) -> tuple[str, ...]:
        return tuple(name for name in cls.model_fields if cls.mark_of(name, Personal) is not None)

    @classmethod
    def mark_of(cls, field: str, kind: _Kind[MarkT]) -> MarkT | None:
        """The mark of that kind on the field; None where it has none."""
        return next((mark for mark in _marks(cls.model_fields[field]) if isinstance(mark, kind)), None)


class FactVoided(Fact):
    """An earlier fact of this subject and service never was. `fact_source` defaults to the source of this one."""

    occurred_on_field: ClassVar[str] = "voided_on"
    said: ClassVar[Said] = Said(by=(structure(), prescriber(), coordinator(), staff(), steward()))
    example: ClassVar[dict[str, Any]] = {"fact_id": "hire-2024-0017", "voided_on": "2024-03-04", "reason": "mistake"}
    fact_id: Annotated[str, Field(min_length=1, max_length=256), NAMES_FACT]
    fact_source: Annotated[str, Field(min_length=1, max_length=512)] | None = None
    voided_on: Day
    reason: Code


def _marks(field: FieldInfo) -> list[Any]:
    return list(field.metadata)


@cache
def _visibilities(kind: type[Fact]) -> dict[str, tuple[PlainCodes | None, Visibility]]:
    """By field: the codes that tell nothing, where it has such, and who may see it. Of a long life marks would be looked for
    as often as all facts have fields."""
    marks = {name: _marks(field) for name, field in kind.model_fields.items()}
    return {
        name: (
            next((mark for mark in of_field if isinstance(mark, PlainCodes)), None),
            next((mark for mark in of_field if isinstance(mark, Visibility)), kind.visibility),
        )
        for name, of_field in marks.items()
    }


def paris_day(instant: datetime) -> date:
    return instant.astimezone(PARIS).date()


@cache
def last_day_of(month: str) -> date:
    """The last day of `YYYY-MM`."""
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, calendar.monthrange(year, number)[1])


def printed(instant: datetime) -> str:
    """An instant as it is printed everywhere: UTC, always six decimals, so that text order is time order."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


_set = object.__setattr__
"""Past what keeps a fact as it is: for one that is being made."""


@cache
def service_of(name: str) -> str:
    """Whose fact a type is. Of types in the catalogue: there is an answer for each."""
    return name.partition(".")[0]


class Recorded(BaseModel):
    """A fact with its envelope. Before the commit `sequence` is 0 and `recordedtime` the instant of the decision."""

    model_config = ConfigDict(frozen=True)

    id: str
    source: str
    type: str
    subject: str
    time: AwareDatetime
    recordedtime: AwareDatetime
    sequence: int = 0
    streamversion: int = 0
    replaces: str | None = None
    correlationid: str | None = None
    causationid: str | None = None
    saidfor: str | None = None
    """`structure/<id>` or `role/<role>`; None of facts from before, and of what the local caller says for nobody: see
    `shared.facts.sayers.sayer_of`."""
    unproven: bool | None = None
    """When it was recorded it was not known whose is what it speaks about: it stands only where that is its sayer's."""
    erased: int | None = None
    """Of what an erasure has emptied: the place that its id had among those of its person, which it keeps where facts are of
    one instant. Ids are hashes then, in no order that means anything."""
    data: Fact

    @classmethod
    def of_checked(cls, **fields: Any) -> Self:
        """Of all fields, each checked before: as `model_construct`, which looks at each anew, at a fraction of its cost."""
        return cls._of(fields)

    def changed(self, **changes: Any) -> Self:
        """With other values, checked before: as `model_copy`."""
        return self._of({**self.__dict__, **changes})

    @classmethod
    def _of(cls, fields: dict[str, Any]) -> Self:
        made = cls.__new__(cls)
        _set(made, "__dict__", fields)
        _set(made, "__pydantic_fields_set__", _EVERY_FIELD)
        _set(made, "__pydantic_extra__", None)
        _set(made, "__pydantic_private__", None)
        return made

    @property
    def service(self) -> str:
        return service_of(self.type)

    @property
    def occurred_on(self) -> date:
        return self.data.occurred_on

    @property
    def decided_on(self) -> date:
        return self.data.day_of_decision(self.time)

    @property
    def said_order(self) -> tuple[datetime, int, str]:
        """Of several said of one thing, the last counts: by `time`, then by id."""
        return (self.time, self.erased or 0, self.id)

    @property
    def key(self) -> tuple[str, str]:
        """What names a fact for ever: its source, and the sender's id there."""
        return (self.source, self.id)


_EVERY_FIELD = set(Recorded.model_fields)
"""One set for all that are made at once: nobody writes into that of a fact, and of each it would be its largest part."""


def own_source(service: str) -> str:
    """The source of facts that a service records by itself; nobody else may use it."""
    return f"urn:parcours:{service}"


def wire(state: bytes, sequence: int, streamversion: int) -> bytes:
    """A stored fact as it is published, kept in histories and read from the log: the whole CloudEvent."""
    # Put in front of what is stored, as bytes: the log is read and published without being parsed.
    return b'{"sequence":%d,"streamversion":%d,' % (sequence, streamversion) + state[1:]
