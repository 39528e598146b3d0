"""Why joining a network is refused."""

from __future__ import annotations

from services.structures.facts import NetworkJoined
from shared.deciding.refusals import DomainError, by


class NetworkAlreadyJoinedError(DomainError):
    code = "network_already_joined"
    against = by(NetworkJoined, "network", "joined_on")
    title = "The structure belongs to this network already, with no leaving in between"
    title_fr = "La structure appartient déjà à ce réseau, sans départ entre les deux"
    instead = "[Since {joined_on}. ]Say first that it left, or replace the first fact."
    instead_fr = "[Depuis le {joined_on}. ]Déclarez d'abord son départ, ou remplacez le premier fait."
