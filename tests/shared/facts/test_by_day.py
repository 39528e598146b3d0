"""Things found by their days: the same as by looking at each of them."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.facts.by_day import ByDay

DAYS = st.integers(0, 12).map(lambda days: date(2024, 1, 1) + timedelta(days=days))
LASTING = st.lists(st.tuples(DAYS, DAYS), max_size=8).map(
    lambda spans: [(*span, number) for number, span in enumerate(sorted(spans, key=lambda span: span[0]))]
)


@given(LASTING, DAYS, DAYS)
def test_what_is_found_is_what_looking_at_each_finds(
    lasting: list[tuple[date, date, int]], one: date, two: date
) -> None:
    first, last = sorted((one, two))
    known = ByDay(lasting)
    touching = [thing for start, end, thing in lasting if start <= last and end >= first]
    assert known.touching(first, last) == next(iter(touching), None)
    begun = [thing for start, _, thing in lasting if start <= first]
    assert known.begun_by(first) == (begun[-1] if begun else None)
    between = [thing for start, _, thing in lasting if first <= start <= last]
    assert known.begun_from(first, last) == next(iter(between), None)


def test_an_open_end_reaches_every_day() -> None:
    known = ByDay([(date(2024, 1, 1), date.max, "open"), (date(2024, 2, 1), date(2024, 2, 9), "over")])
    assert known.touching(date(2199, 1, 1), date(2199, 1, 1)) == "open"
    assert ByDay[str]([]).touching(date(2024, 1, 1), date(2024, 1, 1)) is None
