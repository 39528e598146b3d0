"""Prolongations and requests: each rule accepting, refusing with what would be allowed, and keeping quiet."""

from __future__ import annotations

import pytest

from services.agrement.facts import Prolonged
from services.agrement.refusals import general
from services.agrement.refusals import prolongations as refusals
from tests.services.agrement.persons import (
    Person,
    answer_no,
    answer_yes,
    closing,
    prolongation,
    request,
    suspension,
    void,
)
from tests.services.scenario import day, uid

END = "2026-08-10"
NOW = "2026-08-03"


def ending(end: str = END) -> Person:
    return Person().hired("A", "2024-09-01").granted("2024-09-01", end)


def longer(end: str = "2026-09-10", name: str = "L", **fields: object) -> Prolonged:
    return prolongation(END, end, name, **{"declared_on": NOW, **fields})


def asked() -> Person:
    return ending().does(request(END, "2026-10-10", requested_on=NOW))


def test_a_prolongation_moves_the_end() -> None:
    assert ending().does(longer()).ends_on() == "2026-09-10"


@pytest.mark.parametrize(
    ("reason", "structure", "offered"),
    [
        ("SENIOR_CDI", "ETTI", True),
        ("COMPLETE_TRAINING", "EITI", True),
        ("COMPLETE_TRAINING", "not known", True),
        ("COMPLETE_TRAINING", "GEIQ", False),
        ("HEALTH_CONTEXT", "A", False),
    ],
)
def test_reasons_are_offered_by_kind_and_time(reason: str, structure: str, offered: bool) -> None:
    fact = longer(reason=reason, structure_id=structure)
    assert ending().allows(fact) is offered
    if not offered:
        fields = ending().refuses(fact, refusals.ProlongationReasonNotOfferedError)
        assert (fields["reason"], reason in fields["offered"]) == (reason, False)


@pytest.mark.parametrize(("declared_on", "offered"), [("2021-11-30", True), ("2021-12-01", False)])
def test_the_health_context_closed(declared_on: str, offered: bool) -> None:
    person = Person().hired("A", "2019-12-01").granted("2020-01-01", "2021-12-15")
    fact = prolongation("2021-12-15", "2022-03-15", reason="HEALTH_CONTEXT", declared_on=declared_on)
    assert person.allows(fact) is offered


def test_it_starts_where_the_agrement_ends() -> None:
    fact = prolongation("2026-08-09", "2026-09-10", declared_on=NOW)
    assert ending().refuses(fact, refusals.ProlongationStartNotEndError)["starts_on"] == END


def test_it_adds_at_least_a_day() -> None:
    assert ending().allows(longer("2026-08-11"))
    assert ending().refuses(longer(END), refusals.ProlongationEndsBeforeStartError)["earliest_end"] == "2026-08-11"


def test_one_request_is_bounded() -> None:
    fields = ending().refuses(longer("2027-08-11"), refusals.ProlongationTooLongError)
    assert (fields["latest_end"], fields["days_left"]) == ("2027-08-10", 365)


def test_all_prolongations_count_since_july_2024() -> None:
    person = ending("2024-06-01").given(prolongation("2024-06-01", END, "before", reason="SENIOR"))
    assert person.ends_on() == END
    used = (day(END) - day("2024-06-01")).days
    fact = request(END, "2027-08-01", requested_on=NOW)
    fields = person.refuses(fact, refusals.ProlongationTotalReachedError)
    assert (fields["days_used"], fields["days_in_all"], fields["days_left"]) == (used, 1095, 1095 - used)
    assert person.allows(request(END, fields["latest_end"], requested_on=NOW))


@pytest.mark.parametrize("ends_on", ["2026-08-09", "2026-08-10", "2026-08-11", "2029-01-01"])
def test_where_no_day_is_left_none_is_offered(ends_on: str) -> None:
    """The latest end was the start, `soit 0 jour`; an end that is no day after the start was sent to the next day, which
    the total refuses."""
    person = ending("2023-08-11").given(prolongation("2023-08-11", END, "before", reason="SENIOR"))
    assert person.ends_on() == END
    found = [
        one
        for one in person.refusals(request(END, ends_on, requested_on=NOW))
        if "latest_end" in one.fields or "earliest_end" in one.fields
    ]
    assert found
    for one in found:
        assert [one.fields.get(name) for name in ("earliest_end", "latest_end", "days_left")] == [None, None, None]
        assert one.problem()["detail_fr"].endswith("Il ne reste aucun jour pour ce motif : choisissez-en un autre.")


@pytest.mark.parametrize(("requested_on", "allowed"), [("2024-07-04", True), ("2024-07-05", False)])
def test_before_only_those_of_the_same_reason_counted(requested_on: str, allowed: bool) -> None:
    person = ending("2021-08-10").given(prolongation("2021-08-10", "2024-07-20", "before", reason="SENIOR"))
    fact = request("2024-07-20", "2025-07-01", requested_on=requested_on)
    assert person.allows(fact) is allowed


@pytest.mark.parametrize(
    ("reason", "age", "old_enough"),
    [("SENIOR_CDI", 57, True), ("SENIOR_CDI", 56, False), ("SENIOR", 50, True), ("SENIOR", 49, False), ("SENIOR", None, True)],
)  # fmt: skip
def test_some_reasons_have_an_age(reason: str, age: int | None, old_enough: bool) -> None:
    fact = request(END, "2026-09-10", reason=reason, age=age, requested_on=NOW)
    assert ending().allows(fact) is old_enough
    if not old_enough:
        fields = ending().refuses(fact, refusals.TooYoungError)
        assert fields == {"reason": reason, "age": age, "least_age": 57 if reason == "SENIOR_CDI" else 50}


@pytest.mark.parametrize(
    ("end", "declared_on", "allowed"),
    [
        ("2021-01-20", "2020-10-19", False),
        ("2021-01-20", "2020-10-20", True),
        ("2021-01-20", "2021-01-20", True),
        ("2021-01-20", "2021-01-21", False),
        ("2021-10-23", "2021-10-24", False),
        ("2021-10-24", "2021-10-25", True),
        ("2022-02-15", "2022-05-15", True),
        ("2022-02-15", "2022-05-16", False),
        ("2022-08-17", "2022-11-17", True),
        ("2024-06-30", "2023-06-30", False),
        ("2024-06-30", "2023-07-01", True),
        ("2023-04-26", "2023-07-26", True),
        ("2023-07-26", "2023-07-27", False),
        ("2024-02-29", "2023-07-29", True),
        ("2024-02-29", "2023-07-28", False),
        ("2026-05-14", "2025-10-13", False),
        ("2026-05-14", "2025-10-14", True),
        ("2026-10-15", "2025-10-14", False),
        ("2026-10-15", "2025-10-15", True),
        ("2026-05-19", "2026-05-20", False),
        ("2026-05-19", "2026-05-21", True),
        ("2026-01-03", "2026-07-03", True),
        ("2026-01-03", "2026-07-04", False),
    ],
)
def test_the_window_has_changed_five_times(end: str, declared_on: str, allowed: bool) -> None:
    start = "2022-07-01" if end == "2024-06-30" else f"{int(end[:4]) - 2}-12-01"
    person = Person().hired("A", start).granted(start, end)
    fact = prolongation(
        end,
        str(day(end).replace(day=28) if end[-2:] < "28" else day(end).replace(month=12, day=31)),
        declared_on=declared_on,
    )
    refused = {type(one) for one in person.refusals(fact)}
    assert (refused == set()) is allowed
    assert refused <= {refusals.ProlongationTooEarlyError, refusals.ProlongationTooLateError}


def test_too_early_and_too_late_say_when() -> None:
    early = ending("2027-08-10").refuses(
        prolongation("2027-08-10", "2027-09-10", declared_on=NOW), refusals.ProlongationTooEarlyError
    )
    assert (early["opens_on"], early["closes_on"]) == ("2026-08-10", "2028-02-10")
    late = ending("2026-01-31").refuses(
        prolongation("2026-01-31", "2026-09-10", declared_on=NOW), refusals.ProlongationTooLateError
    )
    # No day: they would be those of today's law, and on them another law was in force.
    assert set(late) == {"agrement_id", "day"}


def test_not_while_suspended() -> None:
    person = ending().given(suspension("2026-07-20", "2026-08-20"))
    fact = prolongation(person.ends_on(), "2026-10-10", declared_on=NOW)
    assert person.refuses(fact, refusals.SuspendedNowError)["ends_on"] == "2026-08-20"
    assert person.allows(prolongation(person.ends_on(), "2026-10-10", declared_on="2026-08-21"))


def test_not_while_a_request_is_pending() -> None:
    assert asked().refuses(longer(), refusals.RequestPendingError)["request_id"] == str(uid("R"))
    assert asked().does(answer_no("2026-08-04")).allows(longer())


def test_only_the_latest_agrement() -> None:
    person = ending("2026-05-31").granted("2026-06-15", name="new")
    fact = prolongation("2026-05-31", "2026-06-10", declared_on=NOW)
    fields = person.refuses(fact, refusals.NotTheLatestAgrementError)
    assert fields["latest_agrement_id"] == str(uid("new"))


def test_a_closed_agrement_is_not_prolonged() -> None:
    person = ending().given(closing("2026-08-01"))
    person.refuses(prolongation("2026-08-01", "2026-09-10", declared_on=NOW), general.AgrementAlreadyClosedError)


def test_ids_name_one_thing() -> None:
    person = ending().does(longer())
    again = prolongation("2026-09-10", "2026-10-10", declared_on=NOW)
    person.refuses(again, refusals.ProlongationIdUsedError)
    asked().refuses(request(END, "2026-10-10", requested_on=NOW), refusals.RequestIdUsedError)


@pytest.mark.parametrize("reason", ["RQTH", "SENIOR", "PARTICULAR_DIFFICULTIES"])
def test_some_reasons_need_an_opinion(reason: str) -> None:
    fields = ending().refuses(longer(reason=reason), refusals.OpinionNeededError)
    assert fields == {"reason": reason, "without_opinion": ["SENIOR_CDI", "COMPLETE_TRAINING"]}


@pytest.mark.parametrize(("declared_on", "allowed"), [("2023-07-25", True), ("2023-07-26", False)])
def test_before_july_2023_the_structure_vouched_for_the_opinion(declared_on: str, allowed: bool) -> None:
    person = Person().hired("A", "2021-11-01").granted("2021-11-01", "2023-09-01")
    fact = prolongation("2023-09-01", "2023-12-01", reason="RQTH", declared_on=declared_on)
    assert person.allows(fact) is allowed


# Corrections


def test_a_prolongation_is_shortened_or_lengthened_and_later_ones_keep_their_dates() -> None:
    person = ending().does(longer(), id="first")
    person.does(prolongation("2026-09-10", "2026-10-10", "L2", declared_on=NOW))
    person.does(longer("2026-08-20"), replaces="first", id="shorter")
    assert person.ends_on() == "2026-09-19"
    person.refuses(longer("2026-09-11"), refusals.ProlongationsOverlapError, replaces="shorter")
    assert person.allows(longer("2026-09-10"), replaces="shorter")


def test_its_own_days_do_not_count_as_used() -> None:
    person = ending().given(longer(reason="RQTH"), id="first")
    assert person.allows(longer("2027-08-10", reason="RQTH"), replaces="first")
    person.refuses(longer("2027-08-11", reason="RQTH"), refusals.ProlongationTooLongError, replaces="first")


def test_a_correction_of_a_granted_request_is_told_the_way_out() -> None:
    """It was told the days of the prolongation that the request itself gave, and to choose others."""
    person = ending().does(request(END, "2026-12-10", requested_on=NOW), id="asked").does(answer_yes(NOW))
    corrected = request(END, "2026-11-10", requested_on=NOW)
    said = next(one for one in person.refusals(corrected, replaces="asked") if one.code == "prolongations_overlap")
    assert "accordée le 3 août 2026 : annulez d'abord la prolongation" in said.problem()["detail_fr"]
    another = request(END, "2026-11-10", "R2", requested_on=NOW)
    assert person.refuses(another, refusals.ProlongationsOverlapError)["granted_on"] is None
    gave = next(fact for fact in person.settled if isinstance(fact.data, Prolonged))
    person.does(void(gave.id, fact_source=gave.source))
    assert person.allows(longer("2026-11-10", reason="RQTH", request_id=uid("R")))
    assert person.allows(corrected, replaces="asked")


def test_a_correction_may_come_after_the_window_but_not_for_another_reason() -> None:
    person = ending().does(longer(), id="first")
    assert person.allows(longer("2026-08-20", declared_on="2027-08-03"), replaces="first")
    other = longer(reason="RQTH", declared_on="2026-08-03")
    person.refuses(other, refusals.OpinionNeededError, replaces="first")


# Requests and answers


def test_a_grant_prolongs_as_asked() -> None:
    person = asked().does(answer_yes("2026-08-04"))
    assert person.ends_on() == "2026-10-10"
    (effect,) = person.last.effects
    assert isinstance(effect, Prolonged)
    assert (effect.prolongation_id, effect.request_id, effect.declared_on) == (
        uid("L of R"),
        uid("R"),
        day("2026-08-04"),
    )


def test_a_second_grant_changes_nothing() -> None:
    person = asked().does(answer_yes("2026-08-04")).does(answer_yes("2026-08-05", prolongation_id="other"))
    assert person.last.effects == ()
    assert person.ends_on() == "2026-10-10"


def test_a_grant_keeps_the_length_asked_when_a_suspension_has_moved_the_end() -> None:
    person = asked().given(suspension("2026-08-04", "2026-08-24"))
    assert person.ends_on() == "2026-08-30"
    person.does(answer_yes("2026-08-25"))
    assert person.ends_on() == "2026-10-30"


def test_a_grant_of_days_that_another_prolongation_took_is_refused_and_stays_pending() -> None:
    person = asked().given(longer("2026-08-20"))
    fields = person.refuses(answer_yes("2026-08-04"), refusals.ProlongationsOverlapError)
    assert (fields["starts_on"], fields["ends_on"]) == (END, "2026-08-20")
    pending = person.agrement().request(uid("R"))
    assert pending is not None
    assert pending.state == "pending"


def test_only_an_authorised_prescriber_answers_and_it_need_not_be_the_one_addressed() -> None:
    person = ending().does(request(END, "2026-10-10", requested_on=NOW, addressed_to=str(uid("somebody"))))
    for answer in (answer_yes("2026-08-04", authorised=False), answer_no("2026-08-04", authorised=False)):
        fields = person.refuses(answer, refusals.PrescriberNotAuthorisedError)
        assert fields == {"prescriber_id": str(uid("FT")), "decided_on": "2026-08-04"}
    assert person.allows(answer_yes("2026-08-04"))


def test_what_was_granted_is_not_denied_nor_the_reverse() -> None:
    granted, denied = asked().does(answer_yes("2026-08-04")), asked().does(answer_no("2026-08-04"))
    assert granted.refuses(answer_no("2026-08-05"), refusals.RequestAlreadyAnsweredError)["state"] == "granted"
    assert denied.refuses(answer_yes("2026-08-05"), refusals.RequestAlreadyAnsweredError)["state"] == "denied"
    assert denied.allows(answer_no("2026-08-05"))
    ending().refuses(answer_yes("2026-08-04"), refusals.RequestUnknownError)


def test_a_denial_because_of_the_iae_says_what_comes_next() -> None:
    asked().refuses(answer_no("2026-08-04", deny_reason="IAE"), refusals.NextStepMissingError)
    assert asked().allows(answer_no("2026-08-04", deny_reason="IAE", next_step="EXIT_IAE"))
    assert asked().allows(answer_no("2026-08-04", deny_reason="SIAE"))


def test_a_grant_that_is_voided_takes_its_prolongation_with_it_and_gives_it_back() -> None:
    person = asked().does(answer_yes("2026-08-04"), id="grant").does(void("grant"), id="void")
    assert person.ends_on() == END
    assert person.agrement().pending_request() is not None
    person.does(void("void"))
    assert person.ends_on() == "2026-10-10"


def test_a_grant_that_is_replaced_prolongs_once() -> None:
    person = asked().does(answer_yes("2026-08-04"), id="grant")
    person.does(answer_yes("2026-08-05"), id="corrected", replaces="grant")
    assert person.ends_on() == "2026-10-10"
    assert len(list(person.agrement().standing_prolongations())) == 1


def test_an_opinion_serves_once() -> None:
    person = asked().does(answer_yes("2026-08-04"))
    again = prolongation("2026-10-10", "2026-11-10", reason="RQTH", request_id="R", declared_on="2026-08-05")
    person.refuses(again, refusals.OpinionNeededError)
