"""French words for what people see of a pathway. Codes stay as they are in facts, files and `--json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from services.agrement.facts.codes import CODES as AGREMENT
from services.pathways.facts.codes import CODES as PATHWAYS
from services.projections.codes import CODES as PROJECTIONS
from services.structures.facts.codes import CODES as STRUCTURES
from shared.facts.codes import CodeBook, in_sentence

FRENCH: Final = Locale("fr")


class Words(Mapping[str, str]):
    """The French names of a list of codes (`facts/codes.yaml` of its service), as they stand within a sentence."""

    def __init__(self, book: CodeBook, domain: str) -> None:
        self._book = book
        self._domain = domain

    def __getitem__(self, code: str) -> str:
        return in_sentence(self._book.domain(self._domain)[code].label_fr)

    def __iter__(self) -> Iterator[str]:
        return iter(self._book.domain(self._domain))

    def __len__(self) -> int:
        return len(self._book.domain(self._domain))


KINDS = Words(STRUCTURES, "structure_kind")
CLIENT_KINDS = Words(STRUCTURES, "client_kind")
EXIT_REASONS = Words(PATHWAYS, "exit_reason")
CATEGORIES = Words(PROJECTIONS, "exit_category")
CONTRACT_TYPES = Words(PATHWAYS, "contract_type")
TRAININGS = Words(PATHWAYS, "training_kind")
TRAINING_RESULTS = Words(PATHWAYS, "training_result")
IMMERSIONS = Words(PATHWAYS, "immersion_object")
SUPPORT_KINDS = Words(PATHWAYS, "support_kind")
ANSWERS = Words(PATHWAYS, "handover_answer")
SITUATIONS = Words(PATHWAYS, "follow_up_situation")
CLOSINGS = Words(PATHWAYS, "pathway_closing_reason")
SEXES = Words(PATHWAYS, "sex")
AGREMENT_STATES = Words(AGREMENT, "agrement_state")
SUSPENSION_REASONS = Words(AGREMENT, "suspension_reason")
PROLONGATION_REASONS = Words(AGREMENT, "prolongation_reason")
AGREMENT_FACTS = Words(AGREMENT, "end_moved_by")
HANDOVER_STATES = Words(PROJECTIONS, "handover_state")
FOLLOW_UP_STATES = Words(PROJECTIONS, "follow_up_state")
SEVERITIES = Words(PROJECTIONS, "alert_severity")
ALERT_KINDS = Words(PROJECTIONS, "alert_kind")


def word(words: Mapping[str, str], code: str | None) -> str:
    """The word for a code; a code that has none is shown itself, an absent one as a dash."""
    return "–" if code is None else words.get(code, code)


def day(text: str | date | None) -> str:
    """`2024-03-01` as `01/03/2024`."""
    if text is None:
        return "–"
    return format_date(date.fromisoformat(str(text)[:10]), "short", locale=FRENCH)


def number(amount: float) -> str:
    """A whole number, its thousands apart: `1 234`, with a narrow space that does not break."""
    return format_decimal(amount, "#,##0", locale=FRENCH)


def hours(amount: float | None) -> str:
    """To the hour: `1 234 h`."""
    return "–" if amount is None else f"{number(amount)} h"


def exact_hours(amount: float) -> str:
    """To the hundredth, `12,25 h`: what is left must not be rounded up."""
    return f"{format_decimal(amount, '#,##0.##', locale=FRENCH)} h"


def plural(count: int, noun: str) -> str:
    """`2 jours`, but `0 jour`: which numbers take the plural is French's own."""
    takes_s = FRENCH.plural_form(count) != "one" and not noun.endswith("s")
    return f"{number(count)} {noun}{'s' if takes_s else ''}"


def span(days: int) -> str:
    """A length people can picture: days, else months of thirty and a half."""
    return plural(days, "jour") if days < 61 else f"{days / 30.44:.0f} mois"
