"""Why a certificate is refused."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class CertificationIdUsedError(DomainError):
    code = "certification_id_used"
    title = "Another certification of this structure has this id; void or replace that one"
    title_fr = "Une autre certification de cette structure porte cet identifiant"


class CertificationExpiresBeforeAwardError(DomainError):
    code = "certification_expires_before_award"
    title = "The certification expires before it is awarded"
    title_fr = "La certification expire avant d'être attribuée"


class CertificationAlreadyEndedError(DomainError):
    code = "certification_already_ended"
    title = "This certification has ended already; replace that fact to move the day"
    title_fr = "Cette certification est déjà terminée ; remplacez ce fait pour changer le jour"


class CertificationEndedBeforeAwardError(DomainError):
    code = "certification_ended_before_award"
    title = "The certification would end before it was awarded"
    title_fr = "La certification finirait avant d'avoir été attribuée"
