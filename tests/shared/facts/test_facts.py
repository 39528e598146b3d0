"""Facts, their catalogue, and how older and newer versions are read."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from shared.facts.catalogue import Catalogue, CatalogueError, Upcaster
from shared.facts.fact import Day, Fact, Recorded, Visibility, last_day_of, paris_day, printed, wire
from shared.facts.saying import Said, structure
from tests.shared.events import CATALOGUE, Closed, Opened, Voided, event


class Ended(Fact):
    """Something ends, third version."""

    type: ClassVar[str] = "tests.ended.v3"
    occurred_on_field: ClassVar[str] = "ended_on"
    said: ClassVar[Said] = Said(by=(structure(),))
    ended_on: Day
    cause: str


def _to_v2(data: dict[str, Any]) -> dict[str, Any]:
    return {"ended_on": data["day"]}


def _to_v3(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "cause": "unknown"}


V1_TO_V2 = Upcaster("tests.ended.v1", "tests.ended.v2", _to_v2)
V2_TO_V3 = Upcaster("tests.ended.v2", "tests.ended.v3", _to_v3)


def stored(**changes: Any) -> bytes:
    return json.dumps({**event(), "recordedtime": "2026-01-05T09:00:00.000001Z", **changes}).encode()


# Reading


def test_a_stored_fact_is_read_with_its_place_in_the_log() -> None:
    found = CATALOGUE.decode("tests.opened.v1", wire(stored(), 17, 3))
    assert found is not None
    assert (found.sequence, found.streamversion, found.service) == (17, 3, "tests")
    assert found.data == Opened(starts_on=date(2024, 1, 1))
    assert found.occurred_on == date(2024, 1, 1)
    assert found.key == ("urn:test:software", "event-1")
    assert printed(found.recordedtime) == "2026-01-05T09:00:00.000001Z"


def test_a_fact_of_checked_fields_is_one_as_the_library_makes_it() -> None:
    read = CATALOGUE.decode("tests.opened.v1", wire(stored(replaces="event-0"), 17, 3))
    assert read is not None
    fields = {name: getattr(read, name) for name in Recorded.model_fields}
    made, constructed = Recorded.of_checked(**fields), Recorded.model_construct(**fields)
    changes = {"streamversion": 4, "data": Closed(ended_on=date(2024, 1, 2))}
    for one, other in ((made, constructed), (made.changed(**changes), constructed.model_copy(update=changes))):
        assert one == other
        assert one.model_dump() == other.model_dump()
        assert (one.model_fields_set, repr(one)) == (other.model_fields_set, repr(other))
    assert made == constructed, "what was changed is another one"
    assert type(read.changed(sequence=18)) is type(read)
    with pytest.raises(ValidationError):
        made.sequence = 1  # type: ignore[misc]


def test_fields_of_newer_versions_are_not_read_at_any_depth() -> None:
    data = {"starts_on": "2024-01-01", "colour": "red", "inside": {"note": "a", "size": 3}}
    found = CATALOGUE.decode("tests.opened.v1", stored(data=data, partitionkey="x"))
    assert found is not None
    assert found.data.model_dump(exclude_unset=True) == {"starts_on": date(2024, 1, 1), "inside": {"note": "a"}}


def test_a_type_of_a_newer_version_is_none() -> None:
    assert CATALOGUE.decode("tests.moved.v1", stored()) is None


def test_a_fact_that_does_not_fit_its_model_says_so() -> None:
    with pytest.raises(ValidationError):
        CATALOGUE.decode("tests.opened.v1", stored(data={}))


# Older versions


@pytest.mark.parametrize(
    ("old", "data"),
    [
        ("tests.ended.v1", {"day": "2024-05-01", "dropped": 1}),
        ("tests.ended.v2", {"ended_on": "2024-05-01"}),
    ],
)
def test_an_old_version_is_read_as_the_newest(old: str, data: dict[str, Any]) -> None:
    catalogue = Catalogue([Ended], [V2_TO_V3, V1_TO_V2])
    found = catalogue.decode(old, stored(type=old, data=data))
    assert found is not None
    assert found.type == "tests.ended.v3"
    assert found.data == Ended(ended_on=date(2024, 5, 1), cause="unknown")
    assert old in catalogue


@pytest.mark.parametrize(
    "upcasters",
    [
        pytest.param([V1_TO_V2], id="ends at a version nobody has"),
        pytest.param([V1_TO_V2, Upcaster("tests.ended.v2", "tests.ended.v1", _to_v2)], id="goes in a circle"),
        pytest.param([Upcaster("tests.ended.v3", "tests.closed.v1", _to_v2)], id="starts at a current fact"),
        pytest.param([Upcaster("tests.ended.v1", "tests.ended.v1", _to_v2)], id="goes to itself"),
        pytest.param([V2_TO_V3, Upcaster("tests.ended.v2", "tests.ended.v3", _to_v2)], id="forks"),
    ],
)
def test_a_broken_chain_of_upcasters_does_not_start(upcasters: list[Upcaster]) -> None:
    with pytest.raises(CatalogueError):
        Catalogue([Ended, Closed], upcasters)


# The catalogue


def test_two_facts_of_one_name_do_not_start() -> None:
    class AnotherClosed(Closed):
        """The same name."""

    with pytest.raises(CatalogueError, match=r"tests\.closed\.v1"):
        Catalogue([Closed, AnotherClosed])


def test_a_fact_that_does_not_say_who_may_say_it_does_not_start() -> None:
    class Unsaid(Fact):
        """Nobody's."""

        type: ClassVar[str] = "tests.unsaid.v1"
        occurred_on_field: ClassVar[str] = "ended_on"
        ended_on: Day

    with pytest.raises(CatalogueError, match=r"tests\.unsaid\.v1 does not say who may say it"):
        Catalogue([Closed, Unsaid])


def test_joined_catalogues_keep_their_order_and_their_upcasters() -> None:
    joined = Catalogue.join([CATALOGUE, Catalogue([Ended], [V1_TO_V2, V2_TO_V3])])
    assert [joined.place(fact.type) for fact in (Opened, Closed, Voided, Ended)] == [0, 1, 2, 3]
    assert "tests.ended.v1" in joined
    assert "tests.ended.v4" not in joined


# Days


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2024, 1, 1, 22, 59, tzinfo=UTC), date(2024, 1, 1)),
        (datetime(2024, 1, 1, 23, 0, tzinfo=UTC), date(2024, 1, 2)),
        (datetime(2024, 7, 1, 22, 0, tzinfo=UTC), date(2024, 7, 2)),
    ],
)
def test_days_are_days_of_paris(instant: datetime, day: date) -> None:
    assert paris_day(instant) == day


@pytest.mark.parametrize(
    ("month", "day"), [("2024-02", "2024-02-29"), ("2023-02", "2023-02-28"), ("2024-12", "2024-12-31")]
)
def test_the_last_day_of_a_month(month: str, day: str) -> None:
    assert last_day_of(month) == date.fromisoformat(day)


def test_printed_instants_sort_as_text() -> None:
    instants = [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, 0, 0, 0, 5, tzinfo=UTC)]
    assert [printed(instant) for instant in instants] == sorted(printed(instant) for instant in instants)


@pytest.mark.parametrize("day", ["1899-12-31", "2200-01-01"])
def test_days_far_away_are_mistakes(day: str) -> None:
    with pytest.raises(ValidationError):
        Closed.model_validate({"ended_on": day})


@pytest.mark.parametrize("hours", [-0.25, 1e9, 1.00001, float("nan"), float("inf")])
def test_hours_that_cannot_be_stored_are_refused(hours: float) -> None:
    with pytest.raises(ValidationError):
        Opened.model_validate({"starts_on": "2024-01-01", "hours": hours})


def test_a_field_without_a_mark_has_the_visibility_of_its_fact() -> None:
    assert Opened.visibility_of("kind") is Visibility.GROUP
    assert Opened.personal_fields() == ()
