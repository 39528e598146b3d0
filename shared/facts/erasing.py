"""What is left of a person's facts once the person is forgotten: nothing of its situation, and all that dates, states and
counts rest on.

Pure: from a stored fact to the emptied one. Which key hashes ids is handed in (`shared/log/ledger.py`); where it is done,
`shared/log/emptying.py`. See docs/adr/0045.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar

from shared.facts.catalogue import Catalogue
from shared.facts.fact import Code, Day, Fact, LeftAs, NamesFact, Personal, PlainCodes, Visibility
from shared.facts.saying import Said, own, steward

Hashed = Callable[[str], str]
"""An id of a fact as it stands after an erasure: the same for the same id, in every service."""

Envelope = dict[str, Any]
"""A stored fact as JSON: a CloudEvent, with or without what columns hold of it."""


class PersonErased(Fact):
    """The person is forgotten: nothing more is recorded about it, and of what was, its situation is emptied. `ground`: an open
    code, of the request or of the rule that asks for it. Source: GDPR article 17."""

    occurred_on_field: ClassVar[str] = "erased_on"
    by_today: ClassVar[bool] = True
    said: ClassVar[Said] = Said(by=(steward(),))
    example: ClassVar[dict[str, Any]] = {"erased_on": "2026-02-02", "ground": "request"}
    erased_on: Day
    ground: Code


class PersonErasedHere(PersonErased):
    """What another service said, said by this one, which forgets the person in the same moment."""

    said: ClassVar[Said] = own()


class Left(StrEnum):
    """What an erasure leaves of a field: nothing; its code, if that is plain, or a class; a hash; all of it."""

    EMPTIED = "emptied"
    AS_CLASS = "as class"
    HASHED = "hashed"
    KEPT = "kept"


def left_of(kind: type[Fact], field: str) -> Left:
    if kind.mark_of(field, Personal) is not None:
        return Left.EMPTIED
    if kind.mark_of(field, PlainCodes) is not None:
        return Left.AS_CLASS
    return Left.HASHED if kind.mark_of(field, NamesFact) is not None else Left.KEPT


def is_told_of(kind: type[Fact], field: str) -> bool:
    """Whether a field is kept though its class says that it tells of the person's situation: no declaration may say so."""
    return left_of(kind, field) is Left.KEPT and kind.visibility_of(field) is Visibility.SENSITIVE


def erased(envelope: Envelope, kind: type[Fact], hashed: Hashed, place: int) -> Envelope:
    """The fact as it is left. `place`: of `places`. Of one that is emptied already nothing changes, and of a fact that says
    so much alone: what it says is whom nobody knows any more."""
    if "erased" in envelope or issubclass(kind, PersonErased):
        return envelope
    left = {name: value for name, value in envelope.items() if name != "correlationid"}
    for name in ("id", "replaces", "causationid"):
        if left.get(name) is not None:
            left[name] = hashed(left[name])
    data = {name: _left(kind, name, value, hashed) for name, value in envelope["data"].items()}
    # Where a field may be missing nothing tells whether its sender had given it.
    empty = {name for name, value in data.items() if value is None and name in kind.model_fields}
    data = {name: value for name, value in data.items() if name not in empty or kind.model_fields[name].is_required()}
    left.pop("data")
    return {**left, "erased": place, "data": data}


def _left(kind: type[Fact], field: str, value: Any, hashed: Hashed) -> Any:
    if field not in kind.model_fields or value is None:
        return None  # of a later release: what it tells is not known here
    left = left_of(kind, field)
    if left is Left.HASHED:
        return hashed(value)
    if left is Left.AS_CLASS and kind.visibility_of(field, value) is Visibility.SENSITIVE:
        left_as = kind.mark_of(field, LeftAs)
        return left_as.code if left_as is not None else None
    return None if left is Left.EMPTIED else value


def places(envelopes: Iterable[Envelope]) -> dict[tuple[str, str], int]:
    """By source and id, the place of each of a person's facts in one service: the order that ids give what is of one instant.
    What follows from a fact stands where that does, as rules have it."""
    names = sorted((one.get("causationid") or one["id"], one["id"], one["source"]) for one in envelopes)
    return {(source, name): place for place, (_, name, source) in enumerate(names, start=1)}


def all_erased(
    envelopes: Sequence[Envelope], kinds: Mapping[str, type[Fact]], hashed: Hashed
) -> list[tuple[Envelope, Envelope]]:
    """Those facts of one person in one service that are not emptied yet, each with what is left of it."""
    place = places(envelopes)
    pairs = [(one, erased(one, kinds[one["type"]], hashed, place[one["source"], one["id"]])) for one in envelopes]
    return [(before, after) for before, after in pairs if after != before]


def erased_by(catalogue: Catalogue) -> type[PersonErased] | None:
    """By which fact a service says that somebody is forgotten; None where it has facts of no person."""
    return next((kind for kind in catalogue.facts.values() if issubclass(kind, PersonErased)), None)
