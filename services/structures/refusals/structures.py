"""Why a structure's registration or closing is refused."""

from __future__ import annotations

from services.structures.facts import StructureClosed, StructureRegistered
from shared.deciding.refusals import DomainError, by


class StructureAlreadyRegisteredError(DomainError):
    code = "structure_already_registered"
    against = by(StructureRegistered)
    title = "This structure is registered already; post structure_changed, or replace the first fact"
    title_fr = "Cette structure est déjà enregistrée ; déclarez une modification, ou remplacez le premier fait"
    instead = "[Registered on {registered_on}. ]Send a change, or replace the first fact."
    instead_fr = "[Enregistrée le {registered_on}. ]Déclarez une modification, ou remplacez le premier fait."


class StructureAlreadyClosedError(DomainError):
    code = "structure_already_closed"
    against = by(StructureClosed)
    title = "This structure is closed already; replace that fact to move the day"
    title_fr = "Cette structure est déjà fermée ; remplacez ce fait pour changer le jour"
    instead = "[Closed on {closed_on}. ]Replace that fact to move the day."
    instead_fr = "[Fermée le {closed_on}. ]Remplacez ce fait pour changer le jour."


class StructureClosedBeforeRegisteredError(DomainError):
    code = "structure_closed_before_registered"
    title = "A structure cannot close before the day from which it is registered"
    title_fr = "Une structure ne peut fermer avant le jour de son enregistrement"
    instead = "[Registered on {registered_on}, closed on {closed_on}. ]Correct the day that is wrong."
    instead_fr = "[Enregistrée le {registered_on}, fermée le {closed_on}. ]Corrigez le jour inexact."


class StructureSucceedsItselfError(DomainError):
    code = "structure_succeeds_itself"
    title = "A structure that closes cannot be its own successor"
    title_fr = "Une structure qui ferme ne peut se succéder à elle-même"
    instead = "Name the structure that takes over, or none."
    instead_fr = "Indiquez la structure qui reprend les salariés, ou aucune."
