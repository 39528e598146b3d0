"""Warnings of what a fact voids or replaces, for services that record it whatever it names: it may arrive first.

Services that decide on what was recorded before refuse the same (`Rules`, `strict_links`), but for a correction of another
kind, which all of them record.
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.deciding.rules import Case, voided_by
from shared.deciding.warnings import DomainWarning
from shared.facts.fact import Fact, FactVoided


class VoidedFactUnknown(DomainWarning):
    code = "voided_fact_unknown"
    title = "Nothing is recorded here under this id and source, so nothing is voided until it comes"
    title_fr = (
        "Rien n'est enregistré ici sous cet identifiant et cette source : rien n'est annulé tant qu'il n'arrive pas"
    )


class VoidedFactOfAnotherSubject(DomainWarning):
    code = "voided_fact_of_another_subject"
    title = "The fact is recorded under another subject, so it stands; send the void under that subject"
    title_fr = "Ce fait concerne une autre personne ou structure et reste valable ; annulez-le au nom de celle-ci"


class VoidedAlready(DomainWarning):
    code = "voided_already"
    title = "The fact was voided before, so this void changes nothing; to restore it, void the void"
    title_fr = "Ce fait était déjà annulé, cette annulation ne change rien ; pour le rétablir, annulez l'annulation"


class ReplacedFactUnknown(DomainWarning):
    code = "replaced_fact_unknown"
    title = "Nothing of this source is recorded here under the replaced id, so nothing is replaced until it comes"
    title_fr = (
        "Rien de cette source n'est enregistré ici sous l'identifiant remplacé : rien n'est remplacé pour l'instant"
    )


class ReplacedFactOfAnotherSubject(DomainWarning):
    code = "replaced_fact_of_another_subject"
    title = "The replaced fact is recorded under another subject, so it stands beside this one; void it there"
    title_fr = (
        "Le fait remplacé concerne une autre personne ou structure et reste valable ; annulez-le au nom de celle-ci"
    )


class ReplacedFactOfAnotherKind(DomainWarning):
    code = "replaced_fact_of_another_kind"
    title = "The replaced fact is of another kind and counts no more; is it the one that was meant?"
    title_fr = "Le fait remplacé est d'une autre nature et ne compte plus ; est-ce bien celui à corriger ?"


def a_void_names_a_fact_of_its_subject(fact: FactVoided, case: Case) -> Iterator[DomainWarning]:
    target = voided_by(case.event, fact)
    if target in case.context.known_facts:
        return
    elsewhere = target in case.context.known_elsewhere
    yield (VoidedFactOfAnotherSubject if elsewhere else VoidedFactUnknown)("/data/fact_id")


def a_fact_is_voided_once(fact: FactVoided, case: Case) -> Iterator[DomainWarning]:
    if case.void_of(voided_by(case.event, fact)) is not None:
        yield VoidedAlready("/data/fact_id")


def a_correction_names_a_fact_of_its_subject(_: Fact, case: Case) -> Iterator[DomainWarning]:
    event = case.event
    if event.replaces is None or (event.source, event.replaces) in case.context.known_facts:
        return
    elsewhere = (event.source, event.replaces) in case.context.known_elsewhere
    yield (ReplacedFactOfAnotherSubject if elsewhere else ReplacedFactUnknown)("/replaces")


def a_correction_is_of_the_same_kind(_: Fact, case: Case) -> Iterator[DomainWarning]:
    """An exit sent in the place of a hire, say: the hire would be gone without a word."""
    event = case.event
    if event.replaces is None:
        return
    replaced = (fact for fact in case.context.recorded if fact.key == (event.source, event.replaces))
    # Facts that are read are of the last version of their type, whatever they were recorded as.
    if any(type(fact.data) is not type(event.data) for fact in replaced):
        yield ReplacedFactOfAnotherKind("/replaces")
