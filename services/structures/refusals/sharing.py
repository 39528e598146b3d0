"""Why an agreement to share, or leaving one, is refused."""

from __future__ import annotations

from services.structures.facts import SharingAgreed
from shared.deciding.refusals import DomainError, by


class AgreementEndsBeforeStartError(DomainError):
    code = "agreement_ends_before_start"
    title = "The agreement would end before its day"
    title_fr = "L'accord prendrait fin avant le jour où il est conclu"
    instead = "[Agreed on {agreed_on}, until {until}. ]Correct the day that is wrong."
    instead_fr = "[Conclu le {agreed_on}, jusqu'au {until}. ]Corrigez le jour inexact."


class SharingNeedsMembershipError(DomainError):
    code = "sharing_needs_membership"
    title = "Only members of the group agree to share; no membership of this structure is known on that day or later"
    title_fr = "Seuls les membres du groupe concluent un accord de partage ; la structure n'en est pas membre à ce jour"
    instead = "Have the group's coordinator say first that it is a member (`membership_started`)."
    instead_fr = "Faites d'abord déclarer son adhésion par le coordinateur du groupe (« membership_started »)."


class AgreementDiffersError(DomainError):
    """`differs`: the terms that are not those of the first who agreed, `terms`: what they are there."""

    code = "agreement_differs"
    title = "Another member agreed to other terms under this agreement"
    title_fr = "Un autre membre a conclu cet accord en d'autres termes"
    instead = "Agree to the same terms, or give the new agreement an id of its own."
    instead_fr = "Reprenez les mêmes termes, ou donnez au nouvel accord son propre identifiant."


class AlreadyAgreedError(DomainError):
    code = "already_agreed"
    against = by(SharingAgreed, "agreement_id", "structure_id", "agreed_on")
    title = "The structure agreed to this already, and has not withdrawn"
    title_fr = "La structure a déjà conclu cet accord et ne s'en est pas retirée"
    instead = "[Agreed on {agreed_on}. ]Replace that fact to correct it, or withdraw first."
    instead_fr = "[Conclu le {agreed_on}. ]Remplacez ce fait pour le corriger, ou retirez-vous d'abord."


class AgreementUnknownError(DomainError):
    code = "agreement_unknown"
    title = "The structure shares by no such agreement of this group, so it cannot withdraw from it"
    title_fr = (
        "La structure ne participe à aucun accord de ce groupe portant cet identifiant : elle ne peut s'en retirer"
    )
    instead = "Check the agreement's id and the group; who has left or withdrawn shares by it no more."
    instead_fr = "Vérifiez l'identifiant de l'accord et le groupe ; qui s'en est retiré n'y participe plus."
