"""Who says what: every fact type × every sayer. A fact without its line here fails, and so does a line without its fact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from services.projections.catalogue import CATALOGUE
from shared.deciding.refusals import DomainError
from shared.facts.contests import ContestSettled, FactContested
from shared.facts.fact import Fact, FactVoided, Recorded
from shared.facts.sayers import Sayers
from shared.facts.saying import ITSELF, SUBJECT, Thing
from shared.facts.settle import order_of_truth, settle
from shared.rights.caller import LOCAL, ROLES, Caller
from shared.rights.refusals import MayNotSayError, NotYoursError, SayerMissingError, SourceNotAllowedError
from shared.rights.saying import Saying, may_say, said_for
from tests.shared.events import NOW

ORDER = order_of_truth(CATALOGUE)
SOURCE = "urn:test:vendor"
A, B, ORGANISATION = (f"00000000-0000-4000-8000-00000000000{number}" for number in "abc")
GROUP = "00000000-0000-4000-8000-0000000000d0"
CALLERS = {
    role: Caller(
        role,
        frozenset([SOURCE]),
        frozenset([ORGANISATION if role == "prescriber" else A]),
        frozenset([GROUP]),
        authorised=role == "prescriber",
    )
    for role in ROLES
}
VOIDERS = "structure prescriber group_coordinator staff data_steward"

# Who may say it; in braces, with which values. What only the service itself says has no sayer.
SAID_BY = {
    "structures.structure_registered": "structure staff",
    "structures.structure_changed": "structure staff",
    "structures.structure_closed": "structure staff",
    "structures.succession_confirmed": "staff",
    "structures.annex_recorded": "structure staff",
    "structures.derogation_granted": "structure staff",
    "structures.certification_awarded": "structure staff",
    "structures.certification_ended": "structure staff",
    "structures.network_joined": "structure staff",
    "structures.network_left": "structure staff",
    "structures.workforce_reported": "structure staff",
    "structures.group_formed": "group_coordinator staff",
    "structures.membership_started": "group_coordinator staff",
    "structures.membership_ended": "group_coordinator staff structure",
    "structures.sharing_agreed": "structure",
    "structures.sharing_withdrawn": "structure",
    "structures.client_registered": "structure",
    "structures.client_changed": "structure",
    "structures.economic_dismissal_declared": "structure",
    "structures.fact_contested": "structure prescriber",
    "structures.contest_settled": "data_steward",
    "structures.fact_voided": VOIDERS,
    "pathways.person_registered": "structure",
    "pathways.received": "structure",
    "pathways.hired": "structure",
    "pathways.contract_changed": "structure",
    "pathways.contract_suspended": "structure",
    "pathways.contract_ended": "structure",
    "pathways.weekly_hours_derogation_granted": "structure",
    "pathways.training_started": "structure",
    "pathways.training_ended": "structure",
    "pathways.skill_validated": "structure",
    "pathways.immersion_agreed": "structure",
    "pathways.immersion_ended": "structure",
    "pathways.support_action": "structure",
    "pathways.handover_proposed": "structure",
    "pathways.handover_answered": "structure",
    "pathways.exited": "structure",
    "pathways.followed_up": "structure",
    "pathways.pathway_closed": "structure",
    "pathways.esf_participation_started": "structure",
    "pathways.esf_participation_ended": "structure",
    "pathways.sharing_informed": "structure",
    "pathways.sharing_objected": "structure data_steward",
    "pathways.objection_lifted": "structure data_steward",
    "pathways.processing_limited": "data_steward",
    "pathways.limitation_lifted": "data_steward",
    "pathways.persons_merged": "data_steward",
    "pathways.persons_split": "data_steward",
    "pathways.person_erased": "data_steward",
    "pathways.fact_contested": "structure prescriber",
    "pathways.contest_settled": "data_steward",
    "pathways.fact_voided": VOIDERS,
    "agrement.eligibility_diagnosed": "structure prescriber{author_kind=authorised_prescriber}",
    "agrement.agrement_granted": (
        "structure{origin=default} structure{origin=les_emplois} staff{origin=pe_approval} staff{origin=ai_stock} "
        "staff{origin=admin}"
    ),
    "agrement.start_moved": "structure",
    "agrement.suspended": "structure{author_kind=employer} structure{author_kind=} prescriber{author_kind=prescriber}",
    "agrement.suspension_changed": (
        "structure{author_kind=employer} structure{author_kind=} prescriber{author_kind=prescriber}"
    ),
    "agrement.suspension_removed": (
        "structure{author_kind=employer} structure{author_kind=} prescriber{author_kind=prescriber}"
    ),
    "agrement.prolongation_requested": "structure",
    "agrement.prolongation_granted": "prescriber{authorised=True}",
    "agrement.prolongation_denied": "prescriber{authorised=True}",
    "agrement.prolonged": "structure",
    "agrement.agrement_closed": (
        "structure{author_kind=employer} prescriber{author_kind=prescriber} staff{author_kind=staff}"
    ),
    "agrement.agrement_cancelled": "staff",
    "agrement.hire_linked": "",
    "agrement.suspension_lifted": "",
    "agrement.agrement_expiring": "",
    "agrement.agrement_expired": "",
    "agrement.person_erased": "",
    "agrement.fact_contested": "structure prescriber",
    "agrement.contest_settled": "data_steward",
    "agrement.fact_voided": VOIDERS,
    "placements.placement_agreed": "structure",
    "placements.placement_changed": "structure",
    "placements.placement_ended": "structure",
    "placements.hours_worked": "structure",
    "placements.cap_approaching": "",
    "placements.cap_exceeded": "",
    "placements.person_erased": "",
    "placements.fact_contested": "structure prescriber",
    "placements.contest_settled": "data_steward",
    "placements.fact_voided": VOIDERS,
}
TYPES = {name.rpartition(".")[0]: fact for name, fact in CATALOGUE.facts.items()}
VALUES: dict[str, dict[str, list[Any]]] = {
    "author_kind": {
        "eligibility_diagnosed": ["employer", "authorised_prescriber"],
        "": ["employer", "prescriber", "staff"],
    },
    "origin": {"": ["default", "les_emplois", "pe_approval", "ai_stock", "admin"]},
    "authorised": {"": [True, False]},
}
OPTIONAL_AUTHOR = {"suspended", "suspension_changed", "suspension_removed"}


def test_every_fact_has_its_line() -> None:
    assert SAID_BY.keys() == TYPES.keys()


def recorded(kind: type[Fact], subject: str | None = None, **changes: Any) -> Recorded:
    around = {
        name: changes.pop(name) for name in ("id", "source", "saidfor", "unproven", "replaces") if name in changes
    }
    ids = {"group": GROUP, "structure": A}
    subject = subject or f"{kind.subjects[0]}/{ids.get(kind.subjects[0], '00000000-0000-4000-8000-0000000000e0')}"
    data = {name: value for name, value in {**kind.example, **changes}.items() if value is not None}
    return Recorded(
        id=around.pop("id", kind.type),
        source=around.pop("source", SOURCE),
        type=kind.type,
        subject=subject,
        time=NOW,
        recordedtime=NOW,
        data=kind.model_validate(data),
        **around,
    )


def naming(kind: type[Fact], structure_id: str | None) -> dict[str, Any]:
    """The fields of the fact that name its sayer."""
    return {line.named: structure_id for line in kind.said.by if line.named and line.named != SUBJECT}


def variants(name: str, kind: type[Fact]) -> Iterator[dict[str, Any]]:
    """Its example with each of the values that decide who may say it."""
    short = name.partition(".")[2]
    for field, by_type in VALUES.items():
        if field in kind.model_fields:
            values = by_type.get(short, by_type[""])
            if short in OPTIONAL_AUTHOR:
                values = ["employer", "prescriber", None]
            yield from ({field: value} for value in values)
            return
    yield {}


def written(role: str, values: dict[str, Any]) -> list[str]:
    """How the table may call a role with these values."""
    exact = [f"{role}{{{field}={'' if value is None else value}}}" for field, value in values.items()]
    return [role, *exact]


def outcome(caller: Caller, fact: Recorded) -> str | type[DomainError] | None:
    try:
        return said_for(caller, fact)
    except DomainError as error:
        return type(error)


@pytest.mark.parametrize("name", SAID_BY)
def test_a_role_says_what_its_line_allows(name: str) -> None:
    kind, allowed = TYPES[name], SAID_BY[name].split()
    for values in variants(name, kind):
        for role, caller in CALLERS.items():
            mine = naming(kind, ORGANISATION if role == "prescriber" else A)
            of_group = "group" in kind.subjects and role in ("group_coordinator", "prescriber")
            subject = f"group/{GROUP}" if of_group else None
            found = outcome(caller, recorded(kind, subject, **mine, **values))
            if not any(one in allowed for one in written(role, values)):
                assert found is MayNotSayError, (role, values)
            elif role == "group_coordinator" and "group" not in kind.subjects:
                assert found is NotYoursError
            elif role in ("structure", "prescriber"):
                assert found == f"structure/{ORGANISATION if role == 'prescriber' else A}", (role, values)
            else:
                assert found == f"role/{role}", (role, values)


@pytest.mark.parametrize("name", SAID_BY)
def test_nobody_speaks_for_a_structure_that_is_not_in_the_token(name: str) -> None:
    kind = TYPES[name]
    if not any(line.role == "structure" for line in kind.said.by):
        return
    caller, two = CALLERS["structure"], Caller("structure", frozenset([SOURCE]), frozenset([A, ORGANISATION]))
    values = next(
        (
            values
            for values in variants(name, kind)
            if any(one in SAID_BY[name] for one in written("structure", values)[1:])
        ),
        {},
    )
    theirs = recorded(kind, **naming(kind, B), **values)
    if kind.said.named and kind.said.named != SUBJECT:
        assert outcome(caller, theirs) is NotYoursError
        # What the event says beside does not help.
        assert outcome(caller, theirs.model_copy(update={"saidfor": f"structure/{A}"})) is NotYoursError
    if kind.said.named == SUBJECT:
        assert outcome(caller, recorded(kind, subject=f"structure/{B}")) is NotYoursError
        assert outcome(CALLERS["staff"], recorded(kind, subject=f"structure/{B}")) == "role/staff"
    else:
        nobody = recorded(
            kind,
            f"client/{B}" if "client" in kind.subjects else None,
            **{f: None for f in naming(kind, None) if not kind.model_fields[f].is_required()},
            **values,
        )
        if not kind.said.named or getattr(nobody.data, kind.said.named) is None:
            assert outcome(caller, nobody) == f"structure/{A}"
            assert outcome(two, nobody) is SayerMissingError
            assert (
                outcome(two, nobody.model_copy(update={"saidfor": f"structure/{ORGANISATION}"}))
                == f"structure/{ORGANISATION}"
            )
            assert outcome(caller, nobody.model_copy(update={"saidfor": f"structure/{B}"})) is NotYoursError
            assert outcome(Caller("structure", frozenset([SOURCE])), nobody) is NotYoursError
    for sayer in ("role/staff", "role/structure", "role/local"):
        assert outcome(caller, recorded(kind, **naming(kind, A), **values, saidfor=sayer)) is NotYoursError
    assert outcome(caller, recorded(kind, **naming(kind, A), **values, source="urn:other")) is SourceNotAllowedError


def test_a_prescriber_answers_as_its_claim_says() -> None:
    kind = TYPES["agrement.prolongation_granted"]
    authorised = CALLERS["prescriber"]
    not_authorised = Caller("prescriber", authorised.sources, authorised.structures)
    for claims, said, expected in (
        (authorised, True, f"structure/{ORGANISATION}"),
        (authorised, False, MayNotSayError),
        (not_authorised, True, MayNotSayError),
        (not_authorised, False, f"structure/{ORGANISATION}"),
    ):
        assert outcome(claims, recorded(kind, prescriber_id=ORGANISATION, authorised=said)) == expected
    assert outcome(authorised, recorded(kind, prescriber_id=B, authorised=True)) is NotYoursError
    diagnosis = recorded(TYPES["agrement.eligibility_diagnosed"], author_kind="authorised_prescriber")
    assert outcome(not_authorised, diagnosis) is MayNotSayError
    assert outcome(authorised, diagnosis) == f"structure/{ORGANISATION}"  # its `structure_id` is whom it concerns


def test_a_coordinator_speaks_about_its_groups_alone() -> None:
    caller = CALLERS["group_coordinator"]
    for name in ("group_formed", "membership_started", "membership_ended", "fact_voided"):
        kind = TYPES[f"structures.{name}"]
        assert outcome(caller, recorded(kind, subject=f"group/{GROUP}")) == "role/group_coordinator"
        assert outcome(caller, recorded(kind, subject=f"group/{B}")) is NotYoursError


def test_a_structure_voids_nothing_about_another() -> None:
    void = TYPES["structures.fact_voided"]
    assert outcome(CALLERS["structure"], recorded(void, subject=f"structure/{A}")) == f"structure/{A}"
    assert outcome(CALLERS["structure"], recorded(void, subject=f"structure/{B}")) is NotYoursError
    assert outcome(CALLERS["prescriber"], recorded(void, subject=f"structure/{B}")) is NotYoursError
    assert outcome(CALLERS["staff"], recorded(void, subject=f"structure/{B}")) == "role/staff"


def test_a_structure_ends_its_own_membership_and_begins_none() -> None:
    ended, started = TYPES["structures.membership_ended"], TYPES["structures.membership_started"]
    assert outcome(CALLERS["structure"], recorded(ended, structure_id=A)) == f"structure/{A}"
    assert outcome(CALLERS["structure"], recorded(ended, structure_id=B)) is NotYoursError
    assert outcome(CALLERS["structure"], recorded(started, structure_id=A)) is MayNotSayError


def test_a_structure_does_not_take_back_that_it_left_a_group() -> None:
    """It would be a member again, on days for which nobody but the coordinator may say so."""
    ended, void = TYPES["structures.membership_ended"], TYPES["structures.fact_voided"]
    by_structure = recorded(ended, id="left", structure_id=A, saidfor=f"structure/{A}", subject=f"group/{GROUP}")
    by_coordinator = recorded(
        ended, id="left", structure_id=A, saidfor="role/group_coordinator", subject=f"group/{GROUP}"
    )

    def taken_back(role: str, left: Recorded, saidfor: str) -> list[object]:
        around = {"saidfor": saidfor, "subject": left.subject, "source": left.source}
        facts = (
            recorded(void, id="void", fact_id="left", fact_source=None, **around),
            recorded(ended, id="later", structure_id=A, replaces="left", **around),
        )
        found: list[object] = []
        for fact in facts:
            try:
                found.append(may_say(CALLERS[role], fact, Beside(left)))
            except DomainError as error:
                found.append(type(error))
        return found

    assert taken_back("structure", by_structure, f"structure/{A}") == [MayNotSayError] * 2
    allowed = Saying("role/group_coordinator")
    assert taken_back("group_coordinator", by_coordinator, "role/group_coordinator") == [allowed] * 2
    assert taken_back("structure", by_coordinator, f"structure/{A}") == [NotYoursError] * 2


@pytest.mark.parametrize("name", SAID_BY)
def test_the_local_caller_says_everything(name: str) -> None:
    kind = TYPES[name]
    for sayer in (None, f"structure/{B}", "role/staff"):
        found = outcome(LOCAL, recorded(kind, saidfor=sayer))
        assert sayer in (None, found)
        assert may_say(LOCAL, recorded(kind, saidfor=sayer), Beside()) == Saying(sayer)


class Beside:
    """What is recorded of a subject."""

    def __init__(self, *facts: Recorded) -> None:
        self.facts = facts
        self.settled = settle(facts, ORDER)
        self.sayers = Sayers(facts)


def pairs() -> Iterator[tuple[str, type[Fact], Thing, type[Fact], Thing]]:
    """Who makes a thing and who speaks about it, of every kind of thing there is."""
    for maker in CATALOGUE.facts.values():
        for made in maker.said.makes:
            for speaker in CATALOGUE.facts.values():
                if any(line.role == ITSELF for line in speaker.said.by):
                    continue
                for thing in (*speaker.said.about, *(one for one in speaker.said.makes if not one.owner)):
                    if thing.kind == made.kind and speaker.service() == maker.service():
                        yield made.kind, maker, made, speaker, thing


PAIRS = list(pairs())
THING = "00000000-0000-4000-8000-0000000000f0"


def test_a_thing_is_made_and_spoken_about_in_one_service() -> None:
    made = {(thing.kind, fact.service()) for fact in CATALOGUE.facts.values() for thing in fact.said.makes}
    about = {(thing.kind, fact.service()) for fact in CATALOGUE.facts.values() for thing in fact.said.about}
    assert about <= made
    assert len({kind for kind, _ in made}) == len(made)


@pytest.mark.parametrize(
    ("kind", "maker", "made", "speaker", "thing"), PAIRS, ids=[f"{p[0]}-{p[3].type.split('.')[1]}" for p in PAIRS]
)
def test_what_another_made_is_anothers(
    kind: str, maker: type[Fact], made: Thing, speaker: type[Fact], thing: Thing
) -> None:
    is_client = made.id_field == SUBJECT
    owner: dict[str, Any] = {made.owner: A} if made.owner else {}
    by = B if made.owner else A
    fields: dict[str, Any] = {**({} if is_client else {made.id_field: THING}), **naming(maker, by), **owner}
    making = recorded(maker, id="making", saidfor=f"structure/{by}", **fields)
    values = {field: next(iter(allowed)) for field, allowed in thing.only.items()}

    def said(by: str, **around: Any) -> Recorded:
        named: dict[str, Any] = {} if is_client else {thing.id_field: THING}
        others = {one.id_field for one in speaker.said.about} - {thing.id_field, SUBJECT}
        named |= {field: None for field in others if not speaker.model_fields[field].is_required()}
        fields = {**named, **values, **naming(speaker, by), **around}
        return recorded(speaker, id="speaking", saidfor=f"structure/{by}", **fields)

    def may(caller_of: str, known: Beside) -> Saying | type[DomainError]:
        caller = Caller("structure", frozenset([SOURCE]), frozenset([caller_of]))
        try:
            return may_say(caller, said(caller_of), known)
        except DomainError as error:
            return type(error)

    related = [] if not speaker.said.relation else [relating(speaker, A), relating(speaker, ORGANISATION)]
    assert may(A, Beside(making, *related)) == Saying(f"structure/{A}")
    assert may(ORGANISATION, Beside(making, *related)) is NotYoursError
    is_about = thing in speaker.said.about
    early = may(ORGANISATION, Beside(*related))
    assert early == Saying(f"structure/{ORGANISATION}", unproven=True if is_about else None)
    if is_about:
        # Recorded before it was known whose it is; once that is another's, it does not stand, in whatever order.
        unproven = said(ORGANISATION, unproven=True)
        for facts in ([unproven, making], [making, unproven]):
            assert [fact.id for fact in settle(facts, ORDER)] == ["making"]
        assert {fact.id for fact in settle([said(A, unproven=True), making], ORDER)} == {"making", "speaking"}


def relates(kind: type[Fact]) -> bool:
    """Whether who says it has a relation with the person: a proposal or a request gives somebody else one."""
    return kind.said.relates is not None and not kind.said.relates.to


def relating(beside: type[Fact], by: str) -> Recorded:
    kind = next(fact for fact in CATALOGUE.facts.values() if relates(fact) and fact.service() == beside.service())
    return recorded(kind, id=f"relating {by}", **naming(kind, by), saidfor=f"structure/{by}")


@pytest.mark.parametrize("name", [name for name, kind in TYPES.items() if kind.said.relation])
def test_what_needs_a_relation(name: str) -> None:
    kind = TYPES[name]
    values: dict[str, Any] = {"author_kind": "employer"} if "author_kind" in kind.model_fields else {}
    fact = recorded(kind, **naming(kind, A), **values, saidfor=f"structure/{A}")
    caller = CALLERS["structure"]
    of_service = [other for other in CATALOGUE.facts.values() if other.service() == kind.service()]
    for relating_kind in filter(relates, of_service):
        if any(line.role == "structure" for line in relating_kind.said.by):
            mine = recorded(relating_kind, id="mine", **naming(relating_kind, A), saidfor=f"structure/{A}")
            theirs = recorded(relating_kind, id="theirs", **naming(relating_kind, B), saidfor=f"structure/{B}")
            may_say(caller, fact, Beside(mine, theirs))
            void = next(one for one in VOIDS if one.service() == kind.service())
            voided = recorded(void, subject=mine.subject, id="void", fact_id=mine.id, saidfor=f"structure/{A}")
            unproven = mine.model_copy(update={"unproven": True})
            for known in (Beside(theirs), Beside(theirs, unproven), Beside(theirs, mine, voided)):
                with pytest.raises(NotYoursError):
                    may_say(caller, fact, known)
    if kind.said.relation == "needed_where_known":
        may_say(caller, fact, Beside())
        may_say(caller, fact, Beside(fact.model_copy(update={"id": "mine", "unproven": True})))
    else:
        with pytest.raises(NotYoursError):
            may_say(caller, fact, Beside())


VOIDS = [kind for kind in CATALOGUE.facts.values() if issubclass(kind, FactVoided)]


@pytest.mark.parametrize("void", VOIDS, ids=lambda void: void.type)
def test_voids_and_corrections_are_of_one_sayer(void: type[Fact]) -> None:
    target_kind = next(kind for kind in CATALOGUE.facts.values() if kind.service() == void.service())
    target = recorded(target_kind, id="x", saidfor=f"structure/{A}")
    caller_a, caller_b = (Caller("structure", frozenset([SOURCE]), frozenset([one])) for one in (A, B))

    def voiding(by: str) -> Recorded:
        return recorded(void, subject=target.subject, fact_id="x", saidfor=f"structure/{by}")

    assert may_say(caller_a, voiding(A), Beside(target)) == Saying(f"structure/{A}")
    with pytest.raises(NotYoursError):
        may_say(caller_b, voiding(B), Beside(target))
    # One vendor, two structures: the source is the same, and does not help. Nor does a void that came first.
    assert may_say(caller_b, voiding(B), Beside()) == Saying(f"structure/{B}", unproven=True)
    of_steward = voiding(A).model_copy(update={"saidfor": "role/data_steward"})
    for known in (Beside(), Beside(target)):
        with pytest.raises(NotYoursError):
            may_say(CALLERS["data_steward"], of_steward, known)


KEPT = [kind for kind in CATALOGUE.facts.values() if kind.said.steward_voids != "contested"]


@pytest.mark.parametrize("kind", KEPT, ids=lambda kind: kind.type)
def test_who_voids_what_sharing_rests_on(kind: type[Fact]) -> None:
    """An objection is taken back by a steward alone, by void or correction, in whatever order they come."""
    alone = kind.said.steward_voids == "alone"
    target = recorded(kind, id="x", **naming(kind, A), saidfor=f"structure/{A}")
    void = next(one for one in VOIDS if one.service() == kind.service())
    other = next(
        one
        for one in CATALOGUE.facts.values()
        if one.service() == kind.service() and "structure_id" in one.model_fields
    )

    def ending(by: str, fact: type[Fact] = void, **around: Any) -> Recorded:
        named = {"fact_id": "x"} if fact is void else {**naming(fact, A), "replaces": "x"}
        return recorded(fact, subject=target.subject, id="end", **named, saidfor=by, **around)

    caller = CALLERS["structure"]
    for mine in (ending(f"structure/{A}"), ending(f"structure/{A}", other), ending(f"structure/{A}", kind)):
        waiting = mine.model_copy(update={"unproven": True})
        if alone:
            with pytest.raises(NotYoursError):
                may_say(caller, mine, Beside(target))
            assert target in settle([waiting, target], ORDER)
        else:
            may_say(caller, mine, Beside(target, recorded(TYPES["pathways.received"], structure_id=A, id="r")))
            assert target not in settle([waiting, target], ORDER)
    theirs = ending("role/data_steward")
    assert may_say(CALLERS["data_steward"], theirs, Beside(target)) == Saying("role/data_steward")
    for facts in ([theirs, target], [target, theirs]):
        assert target not in settle(facts, ORDER)
    # Nor in the place of something else: a further correction of that would take it away.
    if alone:
        first = recorded(other, subject=target.subject, id="first", **naming(other, A), saidfor=f"structure/{A}")
        related = recorded(TYPES["pathways.received"], structure_id=A, id="r", saidfor=f"structure/{A}")
        placed = recorded(kind, id="x", replaces="first", **naming(kind, A), saidfor=f"structure/{A}")
        with pytest.raises(NotYoursError):
            may_say(caller, placed, Beside(first, related))


CONTESTS = [
    (
        kind,
        next(
            one
            for one in CATALOGUE.facts.values()
            if one.service() == kind.service() and issubclass(one, ContestSettled)
        ),
    )
    for kind in CATALOGUE.facts.values()
    if issubclass(kind, FactContested)
]


@pytest.mark.parametrize(("contested", "settled"), CONTESTS, ids=[kind.service() for kind, _ in CONTESTS])
def test_a_contest_is_of_whom_the_fact_says_something_about(contested: type[Fact], settled: type[Fact]) -> None:
    kind = (
        next(one for one in CATALOGUE.facts.values() if one.service() == contested.service() and one.said.makes)
        if (contested.service() != "structures")
        else TYPES["structures.membership_started"]
    )
    target = recorded(kind, id="x", source="urn:other", structure_id=A, saidfor=f"structure/{B}")
    name = {"fact_id": "x", "fact_source": "urn:other"}

    def contesting(by: str) -> Recorded:
        return recorded(contested, subject=target.subject, id=f"contest {by}", **name, saidfor=f"structure/{by}")

    def may(by: str, *known: Recorded) -> bool:
        try:
            may_say(Caller("structure", frozenset([SOURCE]), frozenset([by])), contesting(by), Beside(*known))
        except NotYoursError:
            return False
        return True

    assert may(A, target)
    assert not may(ORGANISATION, target)
    assert not may(A)
    if contested.service() in ("pathways", "agrement"):
        # To have to do with the person is not enough: whoever tries names would learn which facts of others there are.
        related = relating(contested, ORGANISATION)
        assert not may(ORGANISATION, target, related)
        assert not may(ORGANISATION, related)
    # A steward voids what was contested and upheld, whoever said it; and no more once that is answered otherwise.
    void = next(one for one in VOIDS if one.service() == contested.service())
    steward = CALLERS["data_steward"]
    voiding = recorded(void, subject=target.subject, id="void", **name, saidfor="role/data_steward")
    assert said_for(steward, voiding) == "role/data_steward"

    def settling(upheld: bool, day: str) -> Recorded:
        return recorded(settled, subject=target.subject, id=day, **name, upheld=upheld, settled_on=day)

    upheld, not_upheld = settling(True, "2024-03-18"), settling(False, "2024-03-19")
    assert may_say(steward, voiding, Beside(target, contesting(A), upheld)) == Saying("role/data_steward")
    taken_back = recorded(
        void, subject=target.subject, id="taken back", fact_id=f"contest {A}", saidfor=f"structure/{A}"
    )
    for known in (
        [target],
        [target, contesting(A)],
        [target, upheld],
        [target, contesting(A), upheld, not_upheld],
        [target, contesting(A), upheld, taken_back],
    ):
        with pytest.raises(NotYoursError):
            may_say(steward, voiding, Beside(*known))
    # Under such a void it takes the place of nothing else.
    other = recorded(kind, id="other", source=SOURCE, structure_id=A, saidfor=f"structure/{B}")
    with pytest.raises(NotYoursError):
        may_say(
            steward,
            voiding.model_copy(update={"replaces": "other"}),
            Beside(target, other, contesting(A), upheld),
        )


def test_whom_a_fact_names_within_contests_it_and_whose_thing_it_speaks_about() -> None:
    contested = TYPES["pathways.fact_contested"]
    left = recorded(
        TYPES["pathways.exited"], id="x", structure_id=A, saidfor=f"structure/{A}", next={"structure_id": B}
    )
    hire = recorded(TYPES["pathways.hired"], id="h", contract_id=THING, structure_id=B, saidfor=f"structure/{B}")
    # As it could be recorded before anybody asked whose a contract is.
    ended = recorded(TYPES["pathways.contract_ended"], id="x", contract_id=THING, saidfor=f"structure/{A}")
    for target in (left, ended):
        for by, allowed in ((B, True), (ORGANISATION, False)):
            contest = recorded(contested, fact_id="x", fact_source=SOURCE, saidfor=f"structure/{by}")
            caller = Caller("structure", frozenset([SOURCE]), frozenset([by]))
            if allowed:
                assert may_say(caller, contest, Beside(target, hire)) == Saying(f"structure/{by}")
            else:
                with pytest.raises(NotYoursError):
                    may_say(caller, contest, Beside(target, hire))


def test_ids_of_the_callers_are_ids() -> None:
    assert [str(UUID(one)) for one in (A, B, ORGANISATION, GROUP, THING)] == [A, B, ORGANISATION, GROUP, THING]
