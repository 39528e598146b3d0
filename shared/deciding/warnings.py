"""What is recorded and looks mistaken: one class per kind, its code and titles for ever, and how a service finds them.

A warning refuses nothing: the fact is recorded as it was sent, and its answer tells the sender what to look at. As with
rules (`rules.py`), the annotation of the first argument says which facts a function looks at:

    def a_follow_up_is_of_a_known_exit(fact: FollowedUp, case: Case) -> Iterator[DomainWarning]:
        if all(exited.exit_id != fact.exit_id for exited in case.standing(Exited)):
            yield ExitUnknown("/data/exit_id")

and a service lists them in `decisions/__init__.py`, in the order in which a sender is told:

    WARNINGS = Warnings((links.a_void_names_a_recorded_fact, leaving.a_follow_up_is_of_a_known_exit))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from shared.deciding.rules import Case, Context, Rules, beside, judged_by
from shared.facts.fact import Fact, Recorded


@dataclass(frozen=True, slots=True)
class DomainWarning:
    """`pointer`: of what looks mistaken in the event, a JSON pointer (RFC 6901) such as `/data/exited_on`."""

    code: ClassVar[str]
    title: ClassVar[str]
    title_fr: ClassVar[str]
    of_others: ClassVar[bool] = False
    """Whether it comes or stays away by what others said: a sender with a token is not told it, or would learn that by
    trying."""
    told_as: ClassVar[DomainWarning | None] = None
    """What a sender with a token is told in its place: of what is another's as of what nobody knows."""

    pointer: str

    def for_others(self) -> DomainWarning | None:
        """What of it a sender with a token is told."""
        return None if self.of_others else self.told_as or self

    def json(self) -> dict[str, str]:
        return {"code": self.code, "title": self.title, "title_fr": self.title_fr, "pointer": self.pointer}


WarningRule = Callable[[Any, Any], Iterator[DomainWarning]]
"""Takes the fact and its case."""

Warn = Callable[[Sequence[Recorded], Recorded, Any], tuple[DomainWarning, ...]]
"""`warn(settled, event, context)`: as `Decide`, of an event that no rule refuses."""

MakeCase = Callable[[Recorded, Sequence[Recorded], Any], Case]
"""From the event, all that stands, and the context."""


def no_warnings(_: Sequence[Recorded], __: Recorded, ___: Any) -> tuple[DomainWarning, ...]:
    return ()


def plain_case(event: Recorded, settled: Sequence[Recorded], context: Context) -> Case:
    return Case(event, beside(settled, event), context)


NOTHING_ASKED: Mapping[str, Sequence[WarningRule]] = {}


class Warnings:
    """The warnings of one service, in the order in which they are told."""

    def __init__(
        self,
        rules: Sequence[WarningRule],
        make_case: MakeCase = plain_case,
        asks: Mapping[str, Sequence[WarningRule]] = NOTHING_ASKED,
    ) -> None:
        """`asks`: by service, those that depend on facts recorded there. Raise ValueError where one is listed twice."""
        if len(set(rules)) < len(rules):
            raise ValueError(f"listed twice: {sorted(_name(rule) for rule in set(rules) if rules.count(rule) > 1)}")
        self.listed = tuple(rules)
        self._make_case = make_case
        self._looking = [(judged_by(rule), rule) for rule in rules]
        self._of_type: dict[type[Fact], tuple[WarningRule, ...]] = {}
        self._asks = asks

    def of(self, settled: Sequence[Recorded], event: Recorded, context: Context) -> tuple[DomainWarning, ...]:
        rules = self._rules(type(event.data))
        if not rules:
            return ()
        case = self._make_case(event, settled, context)
        found: list[DomainWarning] = []
        for rule in rules:
            found += rule(event.data, case)
        return tuple(found)

    def asks_of(self, kind: type[Fact]) -> frozenset[str]:
        """The services whose facts the warnings of a type depend on."""
        return frozenset(name for name, some in self._asks.items() if set(some) & set(self._rules(kind)))

    def _rules(self, kind: type[Fact]) -> tuple[WarningRule, ...]:
        """Those that look at a type, or at what it is a kind of: a void, or any fact at all."""
        if kind not in self._of_type:
            self._of_type[kind] = tuple(rule for kinds, rule in self._looking if issubclass(kind, kinds))
        return self._of_type[kind]


def asked_for(rules: Rules, warnings: Warnings) -> Callable[[type[Fact]], Mapping[str, bool]]:
    """Of a fact: the services whose facts are asked for, and whether a rule does: else a warning alone."""

    @cache  # of few types, for every event
    def asked(kind: type[Fact]) -> Mapping[str, bool]:
        return {**dict.fromkeys(warnings.asks_of(kind), False), **dict.fromkeys(rules.asks_of(kind), True)}

    return asked


def _name(rule: WarningRule) -> str:
    return str(getattr(rule, "__name__", rule))
