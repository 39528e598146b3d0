"""How the invented software writes: ids that follow from names, days of Paris, instants at office hours.

Everything random comes from a `random.Random` seeded with a text, so the same seed gives the same bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5

from shared.facts.fact import PARIS

SEED = "parcours"
NAMESPACE = UUID("5e1d3c7a-90b4-4c52-8f6e-2a7b1c0d9e83")

FIRST_DAY, LAST_DAY = date(2023, 1, 1), date(2025, 12, 31)
"""The days of which the demonstration tells. What the software learns after the last one is not in it."""

OPENS_ON = date(2023, 1, 3)
"""What persons lived before is typed in on this day, the one after the structures were."""

SATURDAY = 5
DAY = timedelta(days=1)


def an_id(*path: object) -> str:
    """The id of a thing of the demonstration, from its name."""
    return str(uuid5(NAMESPACE, "/".join(map(str, (SEED, *path)))))


def working_day(day: date) -> date:
    """The day itself, or the Monday after it."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= SATURDAY else day


def office_day_before(day: date) -> date:
    """The last working day before it."""
    day -= timedelta(days=1)
    return day - timedelta(days=max(0, day.weekday() - SATURDAY + 1))


def days(count: float) -> timedelta:
    return timedelta(days=int(count))


def plain(value: Any) -> Any:
    """Days as text; what is None is left out."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items() if item is not None}
    return value


@dataclass(slots=True)
class Journal:
    """What is written about one subject. `name` begins the ids of its events."""

    subject: str
    name: str
    rng: Random
    opens_on: date = FIRST_DAY
    events: list[dict[str, Any]] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)
    _minutes: dict[date, int] = field(default_factory=dict)

    def write(
        self, source: str, kind: str, known_on: date, data: dict[str, Any], *, replaces: str | None = None
    ) -> str:
        """Write one fact at office hours of the first working day from `known_on`; nothing after the last day.

        On one day the facts of a subject are sent in the order of writing. Answers the id, which does not depend on
        what is written about others.
        """
        short = kind.partition(".")[2]
        self._counts[short] = self._counts.get(short, 0) + 1
        name = f"demo-{self.name}-{short.replace('_', '-')}-{self._counts[short]}"
        day = working_day(max(known_on, self.opens_on))
        minute = max(self.rng.randrange(8 * 60, 18 * 60), self._minutes.get(day, 0) + 1)
        self._minutes[day] = minute
        if day <= LAST_DAY:
            instant = datetime.combine(day, time(minute // 60, minute % 60), PARIS)
            self.events.append(_event(name, source, f"{kind}.v1", self.subject, instant, data, replaces))
        return name

    def void(self, source: str, service: str, name: str, known_on: date, reason: str = "mistake") -> None:
        self.write(
            source, f"{service}.fact_voided", known_on, {"fact_id": name, "voided_on": known_on, "reason": reason}
        )


def _event(
    name: str, source: str, kind: str, subject: str, instant: datetime, data: dict[str, Any], replaces: str | None
) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": name,
        "source": source,
        "type": kind,
        "subject": subject,
        "time": instant.isoformat(),
        "datacontenttype": "application/json",
        **({"replaces": replaces} if replaces else {}),
        "data": plain(data),
    }


def deck(rng: Random, shares: dict[Any, int], size: int) -> list[Any]:
    """`size` cards in these shares (largest remainders), shuffled: quotas instead of luck."""
    total = sum(shares.values())
    exact = {card: size * share / total for card, share in shares.items()}
    counts = {card: int(amount) for card, amount in exact.items()}
    order = sorted(exact, key=lambda card: (counts[card] - exact[card], str(card)))
    for card in order[: size - sum(counts.values())]:
        counts[card] += 1
    cards = [card for card, count in counts.items() for _ in range(count)]
    rng.shuffle(cards)
    return cards


def one_of(rng: Random, shares: dict[Any, int]) -> Any:
    return rng.choices(list(shares), list(shares.values()))[0]


def between(rng: Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randint(0, max(0, (last - first).days)))


def last_of(values: Sequence[Any]) -> Any:
    return values[-1] if values else None
