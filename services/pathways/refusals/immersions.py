"""Why an immersion (PMSMP) is refused: what cannot be true, then the limits of the law."""

from __future__ import annotations

from services.pathways.facts import ImmersionAgreed, ImmersionEnded
from services.pathways.facts.codes import CODES
from shared.deciding.refusals import DomainError, by


class ImmersionIdUsedError(DomainError):
    code = "immersion_id_used"
    against = by(ImmersionAgreed, "immersion_id")
    title = "Another immersion of this person has this id; void or replace that one"
    title_fr = "Une autre immersion de cette personne porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class ImmersionEndsBeforeStartError(DomainError):
    code = "immersion_ends_before_start"
    title = "The immersion ends before it starts"
    title_fr = "L'immersion finit avant de commencer"
    instead = "[Given: from {starts_on} to {ends_on}. ]Give an end on the first day or later."
    instead_fr = "[Dates indiquées : du {starts_on} au {ends_on}. ]Indiquez une fin égale ou postérieure au début."


class ImmersionRenewsItselfError(DomainError):
    code = "immersion_renews_itself"
    title = "An immersion cannot renew itself"
    title_fr = "Une immersion ne peut se renouveler elle-même"
    instead = "Name the immersion before it, or none."
    instead_fr = "Indiquez l'immersion précédente, ou aucune."


class ImmersionAlreadyEndedError(DomainError):
    code = "immersion_already_ended"
    against = by(ImmersionEnded, "immersion_id")
    title = "This immersion has ended already; replace that fact to correct it"
    title_fr = "Cette immersion est déjà terminée ; remplacez ce fait pour le corriger"
    instead = "[The end known is {ended_on}. ]Replace the fact that says it to correct it."
    instead_fr = "[Fin déjà connue : {ended_on}. ]Remplacez le fait qui l'indique pour la corriger."


class ImmersionEndedBeforeStartError(DomainError):
    code = "immersion_ended_before_start"
    title = "The immersion would have ended before it started"
    title_fr = "L'immersion serait terminée avant d'avoir commencé"
    instead = "[The start is {starts_on}, the end {ended_on}. ]Correct the fact that is wrong by replacing it."
    instead_fr = "[Début : {starts_on} ; fin : {ended_on}. ]Corrigez le fait inexact en le remplaçant."


class ImmersionLongerThanAMonthError(DomainError):
    code = "immersion_longer_than_a_month"
    title = "One agreement of immersion lasts at most one month, date to date"
    title_fr = "Une convention d'immersion dure au plus un mois, de date à date"
    article = "D5135-3"
    instead = (
        "[From {starts_on} it may last until {latest_ends_on}.|It may last until the day before the same day of "
        "the next month.]"
    )
    instead_fr = (
        "[Du {starts_on}, elle peut aller jusqu'au {latest_ends_on}.|Elle peut aller jusqu'à la veille du même "
        "jour du mois suivant.]"
    )


class ImmersionRenewedTwiceError(DomainError):
    code = "immersion_renewed_twice"
    title = "An agreement of immersion is renewed once at most"
    title_fr = "Une convention d'immersion n'est renouvelée qu'une fois"
    article = "D5135-3"
    instead = (
        "[Renewals would be {renewals}, at most {limit}. ]Agree another immersion, with another object or objective."
    )
    instead_fr = (
        "[Nombre de renouvellements : {renewals}, au plus {limit}. ]Convenez d'une autre immersion, avec un "
        "autre objet ou d'autres objectifs."
    )


class ImmersionRenewalDiffersError(DomainError):
    code = "immersion_renewal_differs"
    codes = CODES
    title = "A renewal of an immersion keeps its host, its object and its objectives"
    title_fr = "Le renouvellement d'une immersion garde le lieu d'accueil, l'objet et les objectifs"
    article = "D5135-3"
    instead = (
        "[The other one has the object: {object:@immersion_object}[, the objective: {objective}]. ]Keep host, object and objectives, or agree "
        "another immersion without renewing."
    )
    instead_fr = (
        "[L'immersion renouvelée a pour objet : {object:@immersion_object}[, pour objectif : {objective}]. ]Gardez le lieu d'accueil, l'objet "
        "et les objectifs, ou convenez d'une autre immersion, sans renouveler."
    )


class ImmersionHostAgreementsError(DomainError):
    code = "immersion_host_agreements"
    title = "With one host: at most two agreements in twelve months, with different objects or objectives"
    title_fr = "Chez un même hôte : au plus deux conventions en douze mois, d'objets ou d'objectifs différents"
    article = "D5135-3"
    instead = (
        "[One with this object begins on {same_purpose_starts_on}: renew it, once at most, or choose another object or "
        "another host.|It would make {agreements:agreement} from {from_day} to {to_day}, at most {limit}: choose another "
        "host, or begin on {earliest_start} or later.|Choose another host.]"
    )
    instead_fr = (
        "[Une convention de même objet débute le {same_purpose_starts_on} : renouvelez-la, une fois au plus, ou "
        "choisissez un autre objet ou un autre lieu d'accueil.|Cela ferait {agreements:convention} du {from_day} au "
        "{to_day}, au plus {limit} : choisissez un autre lieu d'accueil, ou un début à partir du {earliest_start}.|"
        "Choisissez un autre lieu d'accueil.]"
    )


class ImmersionHostDaysError(DomainError):
    code = "immersion_host_days"
    title = "With one host: at most sixty days of immersion in twelve months, renewals included"
    title_fr = "Chez un même hôte : au plus soixante jours d'immersion en douze mois, renouvellements compris"
    article = "D5135-3"
    instead = (
        "[It would make {days:day} from {from_day} to {to_day}, at most {limit}. ]Shorten it, or choose another host."
    )
    instead_fr = (
        "[Cela ferait {days:jour} du {from_day} au {to_day}, au plus {limit}. ]Raccourcissez-la, ou choisissez "
        "un autre lieu d'accueil."
    )


class ImmersionBeyondContractShareError(DomainError):
    code = "immersion_beyond_contract_share"
    title = "Immersions take at most a quarter of the length of a CDDI, renewals included"
    title_fr = "Les immersions ne dépassent pas le quart de la durée du CDDI, renouvellements compris"
    article = "D5132-10-3, D5132-26-3, D5132-43-3"
    instead = (
        "[It would make {days:day} of the {contract_days:day} of the contract, at most {limit}. ]Shorten the immersion."
    )
    instead_fr = (
        "[Cela ferait {days:jour} sur les {contract_days:jour} du contrat, au plus {limit}. ]Raccourcissez l'immersion."
    )
