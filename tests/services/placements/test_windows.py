"""Windows of the cap: when they open, which hours count in them, and what is left (pathways.md, hours and placements)."""

from __future__ import annotations

import pytest

from services.placements.model.ledger import ledger
from tests.services.placements.worker import Town, Worker, agreement, change, derogation, end, hours, void
from tests.services.scenario import day, uid


def lent(planned: float | None = None, **fields: str) -> Worker:
    """To a company from 2024-02-10 on."""
    return Worker().agreed("P", "2024-02-10", planned, **fields)


# When they open


def test_the_first_window_opens_with_the_first_placement_with_a_capped_client_and_lasts_24_months() -> None:
    worker = Worker().agreed("H", "2024-01-01", client="household").agreed("P", "2024-02-10")
    assert worker.spans() == [("2024-02-10", "2026-02-09")]
    assert (worker.window().structure_id, worker.window().limit) == (uid("AI"), 480)


def test_nothing_opens_before_a_capped_placement() -> None:
    assert Worker().spans() == []
    assert Worker().worked("unknown", "2024-02", 10).spans() == []
    assert Worker().agreed("H", "2024-01-01", 600, client="household").spans() == []


def test_the_next_window_opens_with_the_first_capped_placement_after_it() -> None:
    worker = lent(ends_on="2024-03-31").agreed("Q", "2026-02-09", ends_on="2026-02-09").agreed("R", "2026-03-15")
    assert worker.spans() == [("2024-02-10", "2026-02-09"), ("2026-03-15", "2028-03-14")]


def test_a_placement_that_runs_across_the_edge_opens_the_next_window_the_day_after() -> None:
    assert lent(ends_on="2026-02-10").spans() == [("2024-02-10", "2026-02-09"), ("2026-02-10", "2028-02-09")]
    assert lent(ends_on="2026-02-09").spans() == [("2024-02-10", "2026-02-09")]


def test_an_open_placement_runs_as_far_as_anything_is_told_of_it() -> None:
    assert lent().spans() == [("2024-02-10", "2026-02-09")]
    assert lent().spans(on="2026-02-09") == [("2024-02-10", "2026-02-09")]
    assert lent().spans(on="2026-02-10")[1:] == [("2026-02-10", "2028-02-09")]
    assert lent().worked("P", "2026-03", 5).spans()[1:] == [("2026-02-10", "2028-02-09")]
    assert len(lent().given(end("P", "2024-06-30")).spans(on="2026-08-03")) == 1


def test_hours_told_after_the_last_day_open_a_window_where_none_holds_them() -> None:
    late = lent(ends_on="2024-03-31").worked("P", "2026-05", 5)
    assert late.spans() == [("2024-02-10", "2026-02-09"), ("2026-05-01", "2028-04-30")]


def test_a_window_of_the_old_rule_lasts_12_months_and_holds_240_hours() -> None:
    worker = Worker().agreed("P", "2008-12-31", ends_on="2009-12-31")
    assert worker.spans() == [("2008-12-31", "2009-12-30"), ("2009-12-31", "2011-12-30")]
    assert [one.limit for one in worker.windows()] == [240, 480]


def test_each_association_has_windows_of_its_own_unless_the_cap_counts_across() -> None:
    def two(scope: str) -> Worker:
        worker = Worker(scope=scope)  # type: ignore[arg-type]
        worker.agreed("P", "2024-02-10", ends_on="2024-12-31").agreed("Q", "2024-06-01", structure="other AI")
        return worker.worked("P", "2024-03", 300).worked("Q", "2024-07", 200, structure_id="other AI")

    assert [(one.structure_id, one.worked) for one in two("structure").windows()] == [
        (uid("AI"), 300),
        (uid("other AI"), 200),
    ]
    assert [(one.structure_id, one.worked) for one in two("person").windows()] == [(None, 500)]


def test_windows_reach_the_end_of_the_calendar() -> None:
    assert Worker().agreed("P", "2199-12-31").spans() == [("2199-12-31", "2199-12-31")]


# Which placements are capped


@pytest.mark.parametrize(
    ("client", "capped"),
    [
        ("company", True),
        ("industrial", True),
        ("administrative", True),
        ("town", True),
        ("household", False),
        ("nonprofit", False),
        ("nobody knows", False),
    ],
)
def test_the_cap_is_about_employers_of_companies_and_the_like(client: str, capped: bool) -> None:
    assert bool(Worker().agreed("P", "2024-02-10", client=client).windows()) is capped


@pytest.mark.parametrize("structure", ["ETTI", "ACI", "nobody knows"])
def test_the_cap_is_about_associations_only(structure: str) -> None:
    assert Worker().agreed("P", "2024-02-10", structure=structure).windows() == ()


def test_what_a_client_becomes_later_changes_nothing_of_a_placement_that_runs() -> None:
    became = {"garden": {"2020-01-01": "household", "2024-03-01": "company"}}
    worker = Worker(Town(clients=became)).agreed("P", "2024-02-10", client="garden").worked("P", "2024-04", 10)
    assert worker.windows() == ()
    worker.agreed("Q", "2024-03-01", client="garden").worked("Q", "2024-05", 7)
    assert worker.spans() == [("2024-03-01", "2026-02-28")]
    assert worker.window().worked == 7


def test_a_kind_that_was_a_mistake_counts_from_the_first_day() -> None:
    worker = Worker(Town(clients={"garden": {"2020-01-01": "household"}})).agreed("P", "2024-02-10", client="garden")
    assert worker.worked("P", "2024-04", 10).windows() == ()
    worker.world.clients["garden"] = {"2020-01-01": "company"}
    assert worker.window().worked == 10


# Which hours count


def test_several_entries_add_up_in_the_window_of_their_day() -> None:
    worker = lent(ends_on="2026-03-31").worked("P", "2024-02", 30.1).worked("P", "2024-03", 40.2)
    worker.worked("P", "2026-02", 5, from_day="2026-02-09", to_day="2026-02-12")
    worker.worked("P", "2026-03", 8)
    assert [one.worked for one in worker.windows()] == [75.3, 8]


def test_a_month_that_the_edge_cuts_goes_by_its_days_else_by_its_first() -> None:
    assert [one.worked for one in lent(ends_on="2026-02-28").worked("P", "2026-02", 5).windows()] == [5, 0]
    second = lent(ends_on="2026-02-28").worked("P", "2026-02", 5, from_day="2026-02-10")
    assert [one.worked for one in second.windows()] == [0, 5]


def test_a_month_told_whole_counts_from_the_first_day_of_its_placement() -> None:
    worker = lent(ends_on="2024-03-31").agreed("Q", "2026-02-20").worked("Q", "2026-02", 5)
    assert worker.spans()[1:] == [("2026-02-20", "2028-02-19")]
    assert [one.worked for one in worker.windows()] == [0, 5]


@pytest.mark.parametrize(
    ("entry", "counted"),
    [
        (hours("P", "2024-03", 9, mode="placement"), 9),
        (hours("P", "2024-03", 9), 9),
        (hours("P", "2024-03", 9, mode="provision"), 0),
        (hours(None, "2024-03", 9, mode="placement"), 0),
        (hours("H", "2024-03", 9, mode="placement"), 0),
        (hours("unknown", "2024-03", 9), 0),
    ],
)
def test_hours_that_name_a_capped_placement_count_and_no_service_sold(entry: object, counted: float) -> None:
    worker = lent().agreed("H", "2024-02-10", client="household").given(entry)  # type: ignore[arg-type]
    assert worker.window().worked == counted


def test_an_entry_told_again_by_another_fact_counts_once_as_told_last() -> None:
    worker = lent().given(hours("P", "2024-03", 9, entry_id="E")).given(hours("P", "2024-04", 7, entry_id="E"))
    assert worker.window().worked == 7
    assert [entry.hours.hours for entry in ledger(worker.settled)] == [7]


@pytest.mark.parametrize("amount", [149, 150])
def test_the_ledger_gives_the_hours_by_which_a_worker_is_counted(amount: float) -> None:
    """pathways.md, cases: AI worker with 149 h / 150 h. Whoever counts reads the same ledger, provision included."""
    worker = lent().worked("P", "2024-03", amount - 10).worked(None, "2024-04", 10, mode="provision")
    assert sum(entry.hours.hours for entry in ledger(worker.settled)) == amount


def test_a_correction_takes_the_place_of_what_was_said() -> None:
    worker = lent().worked("P", "2024-03", 40)
    worker.given(hours("P", "2024-03", 14), replaces="hours 2024-03", id="corrected")
    assert worker.window().worked == 14
    worker.given(void("corrected"))
    assert worker.window().worked == 40


# What is planned


def test_planned_hours_count_until_they_are_worked() -> None:
    worker = lent(100)
    assert (worker.window().planned(day("2024-03-01")), worker.window().left(day("2024-03-01"))) == (100, 380)
    worker.worked("P", "2024-02", 60.5)
    assert (worker.window().planned(day("2024-03-01")), worker.window().left(day("2024-03-01"))) == (39.5, 380)
    worker.worked("P", "2024-03", 60)
    assert (worker.window().planned(day("2024-04-01")), worker.window().left(day("2024-04-01"))) == (0, 359.5)


def test_planned_hours_are_released_by_the_end_or_when_the_last_agreed_day_is_past() -> None:
    worker = lent(100, ends_on="2024-03-31")
    assert [worker.window().planned(day(on)) for on in ("2024-03-31", "2024-04-01")] == [100, 0]
    worker.given(change("P", "2024-03-15", ends_on="2024-04-30", planned=120))
    assert [worker.window().planned(day(on)) for on in ("2024-04-30", "2024-05-01")] == [120, 0]
    worker.given(end("P", "2024-04-15"))
    assert worker.window().planned(day("2024-03-01")) == 0


def test_what_is_agreed_for_later_counts_already() -> None:
    worker = lent(100).agreed("Q", "2024-09-01", 50)
    assert worker.window().planned(day("2024-02-10")) == 150


def test_planned_hours_count_in_the_window_of_the_first_day_then_in_that_of_the_day() -> None:
    """Shown where they may still be worked: a placement that runs across the edge takes the rest along."""
    worker = lent(100, ends_on="2026-06-30").worked("P", "2024-02", 30)
    first, second = worker.windows()
    assert [one.planned(day("2026-02-09")) for one in (first, second)] == [70, 0]
    assert [one.planned(day("2026-02-10")) for one in (first, second)] == [0, 70]


# Derogations


def test_a_derogation_lifts_the_cap_on_its_days() -> None:
    worker = Worker(derogation("2024-06-01", "2024-12-31")).agreed("P", "2024-02-10", 100)
    limits = [worker.window().limit_on(day(on)) for on in ("2024-05-31", "2024-06-01", "2024-12-31", "2025-01-01")]
    assert limits == [480, None, None, 480]
    assert worker.window().left(day("2024-06-01")) is None


def test_a_derogation_may_move_the_cap_and_of_several_the_most_generous_counts() -> None:
    world = derogation("2024-01-01", "2024-12-31", limit=600)
    world.granted += derogation("2024-06-01", "2024-08-31", limit=550).granted
    world.granted += derogation("2024-09-01", "2024-09-30").granted
    worker = Worker(world).agreed("P", "2024-02-10")
    assert [worker.window().limit_on(day(on)) for on in ("2024-07-01", "2024-09-15", "2025-01-01")] == [600, None, 480]


def test_hours_worked_under_a_derogation_still_count() -> None:
    worker = Worker(derogation("2024-06-01", "2024-12-31")).agreed("P", "2024-02-10").worked("P", "2024-07", 450)
    assert worker.window().left(day("2025-01-01")) == 30


def test_a_derogation_is_for_one_association() -> None:
    worker = Worker(derogation("2024-01-01", "2026-12-31", structure="other AI"), scope="person")
    window = worker.agreed("P", "2024-02-10").agreed("Q", "2024-03-01", structure="other AI").window()
    assert window.limit_on(day("2024-04-01")) == 480
    assert window.limit_on(day("2024-04-01"), uid("AI")) == 480
    assert window.limit_on(day("2024-04-01"), uid("other AI")) is None


# What a change says


def test_a_change_of_an_agreement_that_is_not_known_shows_nothing_until_it_comes() -> None:
    worker = Worker().given(change("P", "2024-03-01", planned=30)).given(end("Q", "2024-03-01"))
    assert worker.windows() == ()
    assert worker.given(agreement("P", "2024-02-10", 20)).window().planned(day("2024-02-10")) == 30
