"""Why a certificate is refused."""

from __future__ import annotations

from services.structures.facts import CertificationAwarded, CertificationEnded
from shared.deciding.refusals import DomainError, by


class CertificationIdUsedError(DomainError):
    code = "certification_id_used"
    against = by(CertificationAwarded, "certification_id")
    title = "Another certification of this structure has this id; void or replace that one"
    title_fr = "Une autre certification de cette structure porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class CertificationExpiresBeforeAwardError(DomainError):
    code = "certification_expires_before_award"
    title = "The certification expires before it is awarded"
    title_fr = "La certification expire avant d'être attribuée"
    instead = "[Awarded on {awarded_on}, expires on {expires_on}. ]Give an expiry on the day of the award or later."
    instead_fr = (
        "[Attribuée le {awarded_on}, échéance le {expires_on}. ]Indiquez une échéance égale ou postérieure à "
        "l'attribution."
    )


class CertificationAlreadyEndedError(DomainError):
    code = "certification_already_ended"
    against = by(CertificationEnded, "certification_id")
    title = "This certification has ended already; replace that fact to move the day"
    title_fr = "Cette certification est déjà terminée ; remplacez ce fait pour changer le jour"
    instead = "[The end known is {ended_on}. ]Replace the fact that says it to correct it."
    instead_fr = "[Fin déjà connue : {ended_on}. ]Remplacez le fait qui l'indique pour la corriger."


class CertificationEndedBeforeAwardError(DomainError):
    code = "certification_ended_before_award"
    title = "The certification would end before it was awarded"
    title_fr = "La certification finirait avant d'avoir été attribuée"
    instead = "[Awarded on {awarded_on}, ended on {ended_on}. ]Correct the fact that is wrong by replacing it."
    instead_fr = "[Attribuée le {awarded_on}, finie le {ended_on}. ]Corrigez le fait inexact en le remplaçant."
