"""Why a hand-over is refused."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class HandoverIdUsedError(DomainError):
    code = "handover_id_used"
    title = "Another hand-over of this person has this id; void or replace that one"
    title_fr = "Une autre proposition de passage de cette personne porte cet identifiant"


class HandoverToItselfError(DomainError):
    code = "handover_to_itself"
    title = "A structure cannot hand a person over to itself"
    title_fr = "Une structure ne peut se proposer une personne à elle-même"


class HandoverAlreadyAnsweredError(DomainError):
    code = "handover_already_answered"
    title = "This hand-over is answered already; replace that answer to correct it"
    title_fr = "Cette proposition a déjà sa réponse ; remplacez-la pour la corriger"


class HandoverAnsweredBeforeProposedError(DomainError):
    code = "handover_answered_before_proposed"
    title = "The hand-over would be answered before it is proposed"
    title_fr = "La proposition aurait sa réponse avant d'être faite"
