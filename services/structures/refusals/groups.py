"""Why a group or a membership is refused."""

from __future__ import annotations

from services.structures.facts import GroupFormed, MembershipStarted
from shared.deciding.refusals import DomainError, by


class GroupAlreadyFormedError(DomainError):
    code = "group_already_formed"
    against = by(GroupFormed)
    title = "This group is formed already; replace the first fact to correct it"
    title_fr = "Ce groupe est déjà formé ; remplacez le premier fait pour le corriger"
    instead = "[Formed on {formed_on}. ]Replace the first fact to correct it."
    instead_fr = "[Formé le {formed_on}. ]Remplacez le premier fait pour le corriger."


class AlreadyAMemberError(DomainError):
    code = "already_a_member"
    against = by(MembershipStarted, "structure_id", "started_on")
    title = "The structure is a member of this group already, with no leaving in between"
    title_fr = "La structure est déjà membre de ce groupe, sans départ entre les deux"
    instead = "[A member since {started_on}. ]Say first that it left, or replace the first fact."
    instead_fr = "[Membre depuis le {started_on}. ]Déclarez d'abord son départ, ou remplacez le premier fait."
