"""Why the structures service refuses a fact: one class per rule, its code for ever."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class StructureAlreadyRegisteredError(DomainError):
    code = "structure_already_registered"
    title = "This structure is registered already; post structure_changed, or replace the first fact"
    title_fr = "Cette structure est déjà enregistrée ; envoyez structure_changed ou remplacez le premier fait"


class StructureAlreadyClosedError(DomainError):
    code = "structure_already_closed"
    title = "This structure is closed already; replace that fact to move the day"
    title_fr = "Cette structure est déjà fermée ; remplacez ce fait pour changer le jour"


class StructureClosedBeforeRegisteredError(DomainError):
    code = "structure_closed_before_registered"
    title = "A structure cannot close before the day from which it is registered"
    title_fr = "Une structure ne peut fermer avant le jour de son enregistrement"


class StructureSucceedsItselfError(DomainError):
    code = "structure_succeeds_itself"
    title = "A structure that closes cannot be its own successor"
    title_fr = "Une structure qui ferme ne peut se succéder à elle-même"


class AnnexEndsBeforeStartError(DomainError):
    code = "annex_ends_before_start"
    title = "The annex ends before it starts"
    title_fr = "L'annexe financière finit avant de commencer"


class DerogationIdUsedError(DomainError):
    code = "derogation_id_used"
    title = "Another derogation of this structure has this id; void or replace that one"
    title_fr = "Une autre dérogation de cette structure porte cet identifiant"


class DerogationEndsBeforeStartError(DomainError):
    code = "derogation_ends_before_start"
    title = "The derogation ends before it starts"
    title_fr = "La dérogation finit avant de commencer"


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


class NetworkAlreadyJoinedError(DomainError):
    code = "network_already_joined"
    title = "The structure belongs to this network already, with no leaving in between"
    title_fr = "La structure appartient déjà à ce réseau, sans départ entre les deux"


class GroupAlreadyFormedError(DomainError):
    code = "group_already_formed"
    title = "This group is formed already; replace the first fact to correct it"
    title_fr = "Ce groupe est déjà formé ; remplacez le premier fait pour le corriger"


class AlreadyAMemberError(DomainError):
    code = "already_a_member"
    title = "The structure is a member of this group already, with no leaving in between"
    title_fr = "La structure est déjà membre de ce groupe, sans départ entre les deux"


class ClientAlreadyRegisteredError(DomainError):
    code = "client_already_registered"
    title = "This client is registered already; post client_changed, or replace the first fact"
    title_fr = "Ce client est déjà enregistré ; envoyez client_changed ou remplacez le premier fait"
