"""Why an immersion (PMSMP) is refused: what cannot be true, then the limits of the law."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class ImmersionIdUsedError(DomainError):
    code = "immersion_id_used"
    title = "Another immersion of this person has this id; void or replace that one"
    title_fr = "Une autre immersion de cette personne porte cet identifiant"


class ImmersionEndsBeforeStartError(DomainError):
    code = "immersion_ends_before_start"
    title = "The immersion ends before it starts"
    title_fr = "L'immersion finit avant de commencer"


class ImmersionRenewsItselfError(DomainError):
    code = "immersion_renews_itself"
    title = "An immersion cannot renew itself"
    title_fr = "Une immersion ne peut se renouveler elle-même"


class ImmersionAlreadyEndedError(DomainError):
    code = "immersion_already_ended"
    title = "This immersion has ended already; replace that fact to correct it"
    title_fr = "Cette immersion est déjà terminée ; remplacez ce fait pour le corriger"


class ImmersionEndedBeforeStartError(DomainError):
    code = "immersion_ended_before_start"
    title = "The immersion would have ended before it started"
    title_fr = "L'immersion serait terminée avant d'avoir commencé"


class ImmersionLongerThanAMonthError(DomainError):
    code = "immersion_longer_than_a_month"
    title = "One agreement of immersion lasts at most one month, date to date"
    title_fr = "Une convention d'immersion dure au plus un mois, de date à date"
    article = "D5135-3"
    instead = "From {starts_on} it may last until {latest_ends_on}."
    instead_fr = "Du {starts_on}, elle peut aller jusqu'au {latest_ends_on}."


class ImmersionRenewedTwiceError(DomainError):
    code = "immersion_renewed_twice"
    title = "An agreement of immersion is renewed once at most"
    title_fr = "Une convention d'immersion n'est renouvelée qu'une fois"
    article = "D5135-3"
    instead = "Renewals would be {renewals}, at most {limit}; another agreement needs another object or objective."
    instead_fr = "Il y aurait {renewals} renouvellements, {limit} au plus ; une autre convention exige un autre objet."


class ImmersionRenewalDiffersError(DomainError):
    code = "immersion_renewal_differs"
    title = "A renewal of an immersion keeps its host, its object and its objectives"
    title_fr = "Le renouvellement d'une immersion garde le lieu d'accueil, l'objet et les objectifs"
    article = "D5135-3"
    instead = "The other one is with host {host_id}, object {object}; agree another immersion without renewing."
    instead_fr = "L'autre est chez {host_id}, objet {object} ; convenez d'une autre immersion, sans renouveler."


class ImmersionHostAgreementsError(DomainError):
    code = "immersion_host_agreements"
    title = "With one host: at most two agreements in twelve months, with different objects or objectives"
    title_fr = "Chez un même hôte : au plus deux conventions en douze mois, d'objets ou d'objectifs différents"
    article = "D5135-3"
    instead = "{agreements} agreements from {from_day} to {to_day}, at most {limit}, none with the same purpose."
    instead_fr = "{agreements} conventions du {from_day} au {to_day}, {limit} au plus, jamais deux du même objet."


class ImmersionHostDaysError(DomainError):
    code = "immersion_host_days"
    title = "With one host: at most sixty days of immersion in twelve months, renewals included"
    title_fr = "Chez un même hôte : au plus soixante jours d'immersion en douze mois, renouvellements compris"
    article = "D5135-3"
    instead = "It would make {days} days from {from_day} to {to_day}, at most {limit}."
    instead_fr = "Cela ferait {days} jours du {from_day} au {to_day}, {limit} au plus."


class ImmersionBeyondContractShareError(DomainError):
    code = "immersion_beyond_contract_share"
    title = "Immersions take at most a quarter of the length of a CDDI, renewals included"
    title_fr = "Les immersions ne dépassent pas le quart de la durée du CDDI, renouvellements compris"
    article = "D5132-10-3, D5132-26-3, D5132-43-3"
    instead = "It would make {days} days of {contract_days}, at most {limit}."
    instead_fr = "Cela ferait {days} jours sur {contract_days}, {limit} au plus."
