"""Why a client's registration is refused."""

from __future__ import annotations

from services.structures.facts import ClientRegistered
from shared.deciding.refusals import DomainError, by


class ClientAlreadyRegisteredError(DomainError):
    code = "client_already_registered"
    against = by(ClientRegistered)
    title = "This client is registered already; post client_changed, or replace the first fact"
    title_fr = "Ce client est déjà enregistré ; déclarez une modification, ou remplacez le premier fait"
    instead = "[Registered on {registered_on}. ]Send a change, or replace the first fact."
    instead_fr = "[Enregistré le {registered_on}. ]Déclarez une modification, ou remplacez le premier fait."
