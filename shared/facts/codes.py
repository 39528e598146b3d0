"""Names of codes, in French and in English: `services/<name>/facts/codes.yaml`, one list of names a service.

    exit_reason:
      confidence: open
      codes:
        "3": [Embauche en CDI non aidé par un autre employeur, Unsubsidised permanent contract with another employer]

A domain is a list of codes, closed (a Literal) or open (any code is accepted; those most used have names). `confidence:
open` marks wording that no official source confirms, for a domain or for `{names: [...], confidence: ...}` of one code.
`dated_by` names the table of `law/` that says on which days a code may be used, and `category` the column of it that
groups codes; both stand there only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

import yaml
from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

Language = Literal["fr", "en"]

PROPER_WORDS = ("France", "Cap", "Proxim")
"""Names in the lists that keep their capital within a sentence; abbreviations do too."""


class CodeName(NamedTuple):
    """One code. It may be used from `valid_from` to `valid_to`, both included; an absent bound is open."""

    domain: Annotated[str, "What the code is a code of"]
    code: Annotated[str, "The code"]
    label_fr: Annotated[str, "Its French name"]
    label_en: Annotated[str, "Its English name"]
    category: Annotated[str | None, "What it counts as, where the list says so; NULL: it does not"]
    valid_from: date | None
    valid_to: date | None
    confidence: Literal["confirmed", "open"]

    def json(self) -> dict[str, Any]:
        days = {"valid_from": self.valid_from, "valid_to": self.valid_to}
        return {**self._asdict(), **{name: day and day.isoformat() for name, day in days.items()}}


class CodeBook:
    """The names a service gives to its codes; `borrowed`: domains of its facts that another service names."""

    def __init__(self, file: Path, law: Path, borrowed: Sequence[tuple[CodeBook, str]] = ()) -> None:
        """`file`: the names, read when first asked, never on import. `law`: the folder of the tables that date codes."""
        self._file = file
        self._law_folder = law
        self._borrowed = borrowed

    def named(self, domain: str) -> Named:
        """Mark of a type whose values are codes of this domain."""
        return Named(self, domain)

    def domain(self, domain: str) -> Mapping[str, CodeName]:
        """Raise KeyError for a domain this service does not have."""
        return self._domains[domain]

    def own(self) -> Iterator[CodeName]:
        """Every name this service gives, in the order of its file."""
        for names in self._own.values():
            yield from names.values()

    def all(self) -> Iterator[CodeName]:
        """Its own, and those it borrows."""
        for names in self._domains.values():
            yield from names.values()

    def label(self, domain: str, code: str, language: Language) -> str:
        """A code of an open list that has no name is shown itself."""
        name = self._domains[domain].get(code)
        return code if name is None else getattr(name, f"label_{language}")

    @cached_property
    def _domains(self) -> Mapping[str, Mapping[str, CodeName]]:
        return {**self._own, **{domain: book.domain(domain) for book, domain in self._borrowed}}

    @cached_property
    def _own(self) -> Mapping[str, Mapping[str, CodeName]]:
        content = yaml.safe_load(self._file.read_text(encoding="utf-8"))
        return {domain: self._names(domain, described) for domain, described in content.items()}

    def _names(self, domain: str, described: Mapping[str, Any]) -> Mapping[str, CodeName]:
        confidence = described.get("confidence", "confirmed")
        table = self._law(described.get("dated_by"))
        found = {}
        for code, value in described["codes"].items():
            own = value if isinstance(value, dict) else {"names": value}
            label_fr, label_en = own["names"]
            rows = [row for row in table if row.get("code", row.get("kind", row.get("ground"))) == code]
            found[code] = CodeName(
                domain=domain,
                code=code,
                label_fr=label_fr,
                label_en=label_en,
                category=own.get("category") or _category(rows, described.get("category")),
                valid_from=_earliest(row.get("valid_from") for row in rows),
                valid_to=_latest(row.get("valid_to") for row in rows),
                confidence=own.get("confidence", confidence),
            )
        return found

    def _law(self, name: str | None) -> Sequence[Mapping[str, Any]]:
        if name is None:
            return ()
        content = yaml.safe_load((self._law_folder / f"{name}.yaml").read_text(encoding="utf-8"))
        return [{**content["defaults"], **row} for row in content["rows"]]


@dataclass(frozen=True)
class Named:
    """Puts `x-labels` beside the `enum` (or the pattern of an open code) in JSON Schema."""

    book: CodeBook
    domain: str

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        names = self.book.domain(self.domain).values()
        labels = {name.code: {"label_fr": name.label_fr, "label_en": name.label_en} for name in names}
        return {**handler(core), "x-domain": self.domain, "x-labels": labels}


def members(kind: Any) -> tuple[str, ...]:
    """The codes of a closed list, such as `ExitReason`: a Literal, marked with its names."""
    (literal,) = (part for part in (kind, *get_args(kind)) if get_origin(part) is Literal)
    return get_args(literal)


def in_sentence(label: str) -> str:
    """A label within a sentence: without its capital, unless it begins with a name or an abbreviation."""
    first = re.split(r"[\s'’]", label, maxsplit=1)[0]
    is_common = len(first) == 1 or (first[1:].islower() and first not in PROPER_WORDS)
    return label[:1].lower() + label[1:] if is_common else label


def _category(rows: Sequence[Mapping[str, Any]], column: str | None) -> str | None:
    """That of the row in force last."""
    return None if column is None or not rows else str(rows[-1][column])


def _earliest(days: Iterator[date | None]) -> date | None:
    found = list(days)
    return None if None in found or not found else min(day for day in found if day)


def _latest(days: Iterator[date | None]) -> date | None:
    found = list(days)
    return None if None in found or not found else max(day for day in found if day)
