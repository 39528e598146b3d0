"""The catalogue of a service: its fact types in the order of truth, and how facts of old versions are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from pydantic import create_model

from shared.facts.codes import CodeBook
from shared.facts.fact import Fact, Recorded
from shared.facts.saying import Said


@dataclass(frozen=True)
class Upcaster:
    """One step from a released version to the next: `data` of `from_type` becomes `data` of `to_type`."""

    from_type: str
    to_type: str
    convert: Callable[[dict[str, Any]], dict[str, Any]]


class CatalogueError(Exception):
    """The catalogue is broken: a type twice, an upcaster twice, or a chain that does not end at a known type."""


class Catalogue:
    """Every fact type, in the order that says which comes first on one day (the order of truth)."""

    def __init__(
        self, facts: Iterable[type[Fact]], upcasters: Iterable[Upcaster] = (), codes: Sequence[CodeBook] = ()
    ) -> None:
        """`codes`: the names of the codes in these facts, a book a service."""
        self.facts: dict[str, type[Fact]] = {}
        for fact in facts:
            if not isinstance(getattr(fact, "said", None), Said):
                raise CatalogueError(f"{fact.type} does not say who may say it: declare `said` on its class")
            # The same class may come twice, where two joined catalogues share one.
            if self.facts.setdefault(fact.type, fact) is not fact:
                raise CatalogueError(f"two facts are named {fact.type}")
        self.upcasters: dict[str, Upcaster] = {}
        for step in upcasters:
            if self.upcasters.setdefault(step.from_type, step) is not step:
                raise CatalogueError(f"two upcasters start at {step.from_type}")
        self.codes = tuple(codes)
        self._places = {name: place for place, name in enumerate(self.facts)}
        self._check_chains()

    @classmethod
    def join(cls, catalogues: Iterable[Catalogue]) -> Self:
        parts = tuple(catalogues)
        return cls(
            (fact for part in parts for fact in part.facts.values()),
            (step for part in parts for step in part.upcasters.values()),
            [book for part in parts for book in part.codes],
        )

    def __contains__(self, name: object) -> bool:
        return name in self.facts or name in self.upcasters

    def place(self, name: str) -> int:
        return self._places[name]

    def decode(self, name: str, envelope: bytes) -> Recorded | None:
        """A recorded fact from its wire form, upcast to the newest version; None for a type nobody here knows."""
        model = self._envelopes.get(name)
        if model is not None:
            # Unknown attributes are passed over: a later release may have added some.
            return model.model_validate_json(envelope, extra="ignore")
        if name in self.upcasters:
            return self._decode_old(name, json.loads(envelope))
        return None

    def _decode_old(self, name: str, envelope: dict[str, Any]) -> Recorded:
        while name in self.upcasters:
            step = self.upcasters[name]
            name, envelope = step.to_type, {**envelope, "type": step.to_type, "data": step.convert(envelope["data"])}
        return self._envelopes[name].model_validate(envelope, extra="ignore")

    def _check_chains(self) -> None:
        for start in self.upcasters:
            seen, name = {start}, self.upcasters[start].to_type
            # Checked once, at start: a chain that goes in a circle would else be found by whoever reads an old fact.
            while name in self.upcasters and name not in seen:
                seen.add(name)
                name = self.upcasters[name].to_type
            if start in self.facts or name not in self.facts:
                raise CatalogueError(f"upcasting {start} ends at {name}, which is not a current fact")

    @cached_property
    def _envelopes(self) -> Mapping[str, type[Recorded]]:
        return {
            name: create_model(f"Recorded{fact.__name__}", __base__=Recorded, data=(fact, ...))
            for name, fact in self.facts.items()
        }
