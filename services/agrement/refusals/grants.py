"""Refusals of a grant, of its number, and of a start that moves."""

from __future__ import annotations

from services.agrement.facts import AgrementGranted
from services.agrement.refusals.general import AgrementRuleError
from shared.deciding.refusals import by


class AgrementIdUsedError(AgrementRuleError):
    code = "agrement_id_used"
    against = by(AgrementGranted, "agrement_id")
    title = "Another agrément of this person has this id; void or replace that one"
    title_fr = "Un autre agrément (PASS IAE) de cette personne porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class AgrementEndsBeforeStartError(AgrementRuleError):
    code = "agrement_ends_before_start"
    title = "The agrément's end must be after its first day"
    title_fr = "La fin de l'agrément (PASS IAE) doit suivre son premier jour"
    instead = "[Given: from {starts_on} to {initial_ends_on}. ]Give an end after the first day."
    instead_fr = (
        "[Dates indiquées : du {starts_on} au {initial_ends_on}. ]Indiquez une fin postérieure au premier jour."
    )


class AgrementRunningError(AgrementRuleError):
    code = "agrement_running"
    told_fields = ("agrement_id", "ends_on", "earliest_granted_on", "earliest_sent_on")
    against = by(AgrementGranted, "agrement_id")
    title = "The person has an agrément in progress or to come; reuse it"
    title_fr = "La personne a déjà un agrément (PASS IAE) en cours ou à venir ; réutilisez-le"
    article = "R5132-1-2"
    instead = (
        "[It ends on {ends_on}; a new one may be granted from {earliest_granted_on} on[, or from {earliest_sent_on} on where "
        "an authorised prescriber sends the person or diagnoses].|It ends on {ends_on}.|Reuse it.]"
    )
    instead_fr = (
        "[Il prend fin le {ends_on} ; un nouveau peut être délivré à partir du {earliest_granted_on}[, ou du "
        "{earliest_sent_on} si un prescripteur habilité oriente la personne ou pose un diagnostic].|Il prend fin le "
        "{ends_on}.|Utilisez celui qui existe.]"
    )


class AgrementsOverlapError(AgrementRuleError):
    code = "agrements_overlap"
    told_fields = ("agrement_id", "starts_on", "ends_on")
    against = by(AgrementGranted, "agrement_id")
    title = "Two agréments of one person may not share a day"
    title_fr = "Deux agréments (PASS IAE) d'une même personne ne peuvent avoir un jour en commun"
    article = "R5132-1-2"
    instead = (
        "[The other one runs from {starts_on} to {ends_on}.|The other one runs from {starts_on}.|The other one "
        "ends on {ends_on}.|Choose days outside of the other one.]"
    )
    instead_fr = (
        "[L'autre court du {starts_on} au {ends_on}.|L'autre court à partir du {starts_on}.|L'autre prend fin le "
        "{ends_on}.|Choisissez des dates en dehors de l'autre.]"
    )


class DiagnosisRequiredError(AgrementRuleError):
    code = "diagnosis_required"
    title = "An agrément of this origin needs a diagnosis of eligibility that is valid on the day it is granted"
    title_fr = (
        "Un agrément (PASS IAE) de cette origine exige un diagnostic d'éligibilité valable le jour de sa délivrance"
    )
    article = "L5132-3"
    instead = "[It is granted on {granted_on}. ]Record the diagnosis first."
    instead_fr = "[Il est délivré le {granted_on}. ]Enregistrez d'abord le diagnostic d'éligibilité."


class DiagnosisNotAllowedError(AgrementRuleError):
    code = "diagnosis_not_allowed"
    title = "An agrément of this origin rests on no diagnosis"
    title_fr = "Un agrément (PASS IAE) de cette origine ne repose sur aucun diagnostic"
    article = "L5132-3"
    instead = "[Origin: {origin:@agrement_origin}. ]Send it without a diagnosis."
    instead_fr = "[Origine : {origin:@agrement_origin}. ]Envoyez-le sans diagnostic."


class DiagnosisUnknownError(AgrementRuleError):
    code = "diagnosis_unknown"
    title = "No diagnosis of this person has this id"
    title_fr = "Aucun diagnostic de cette personne ne porte cet identifiant"
    article = "L5132-3"
    instead = "Record the diagnosis first, or correct its id."
    instead_fr = "Enregistrez d'abord le diagnostic, ou corrigez son identifiant."


class DiagnosisNotValidError(AgrementRuleError):
    code = "diagnosis_not_valid"
    title = "The diagnosis is not valid on the day the agrément is granted"
    title_fr = "Le diagnostic n'est pas valable le jour de la délivrance de l'agrément (PASS IAE)"
    article = "L5132-3"
    instead = (
        "[It is valid from {made_on} until the day before {expires_on}.|It is valid from {made_on}.|It is valid "
        "until the day before {expires_on}.|Make a new diagnosis.]"
    )
    instead_fr = (
        "[Il est valable du {made_on} à la veille du {expires_on}.|Il est valable à partir du {made_on}.|Il est "
        "valable jusqu'à la veille du {expires_on}.|Faites un nouveau diagnostic.]"
    )


class DiagnosisOfAnotherEmployerError(AgrementRuleError):
    code = "diagnosis_of_another_employer"
    title = "An employer's diagnosis serves that employer only"
    title_fr = "Le diagnostic d'un employeur ne sert qu'à lui"
    article = "L5132-3"
    instead = "Make your own diagnosis, or ask an authorised prescriber for one."
    instead_fr = "Faites votre propre diagnostic, ou demandez-en un à un prescripteur habilité."


class InCarenceError(AgrementRuleError):
    code = "in_carence"
    told_fields = ("granted_on", "carence_starts_on", "carence_ends_on", "earliest_granted_on")
    title = "An agrément ended less than two years ago; without an authorised prescriber there is no new one"
    title_fr = (
        "Un agrément (PASS IAE) a pris fin il y a moins de deux ans ; sans prescripteur habilité il n'y en a pas "
        "de nouveau"
    )
    article = "R5132-1-4"
    instead = (
        "[Free from {earliest_granted_on} on; before, |At once ]when an authorised prescriber sends the person "
        "or makes a diagnosis."
    )
    instead_fr = (
        "[Possible à partir du {earliest_granted_on} ; avant, |Possible dès maintenant ]si un prescripteur "
        "habilité oriente la personne ou pose un diagnostic."
    )


class StructureNotSiaeError(AgrementRuleError):
    code = "structure_not_siae"
    title = "A structure of this kind uses no agrément on that day"
    title_fr = "Une structure de ce type n'utilise pas d'agrément (PASS IAE) ce jour-là"
    article = "L5132-4"
    instead = (
        "[This kind of structure, {kind:@structure_kind}, uses agréments since {used_since}: grant it from that day "
        "on; before, hire without.|This kind of structure, {kind:@structure_kind}, used agréments until {used_until}: "
        "hire without.|Those that use one on that day are: {siae_kinds:@structure_kind}. Hire without an "
        "agrément.|Hire without an agrément.]"
    )
    instead_fr = (
        "[Ce type de structure, {kind:@structure_kind}, utilise le PASS IAE depuis le {used_since} : délivrez-le à "
        "partir de ce jour ; avant, embauchez sans.|Ce type de structure, {kind:@structure_kind}, a utilisé le PASS "
        "IAE jusqu'au {used_until} : embauchez sans.|Celles qui en utilisent un ce jour-là sont : "
        "{siae_kinds:@structure_kind}. Embauchez sans agrément (PASS IAE).|Embauchez sans agrément (PASS IAE).]"
    )


class StructureMissingError(AgrementRuleError):
    code = "structure_missing"
    title = "A PASS IAE issued by the State's service is told by the structure of the hire"
    title_fr = "Un PASS IAE délivré par les emplois de l'inclusion est déclaré par la structure de l'embauche"
    instead = "Name the structure of the hire (`structure_id`)."
    instead_fr = "Indiquez la structure de l'embauche (`structure_id`)."


class OfficialEndDiffersError(AgrementRuleError):
    code = "official_end_differs"
    title = "A PASS IAE issued by the State's service has the end it was issued with"
    title_fr = "Un PASS IAE délivré par les emplois de l'inclusion garde la fin prévue à sa délivrance"
    article = "R5132-1-2"
    instead = (
        "[From {starts_on} it runs to {official_ends_on}: give that end, or none.|It runs to {official_ends_on}: give "
        "that end, or none.|Leave its end out.] Tell suspensions and prolongations afterwards, each by itself."
    )
    instead_fr = (
        "[Commencé le {starts_on}, il court jusqu'au {official_ends_on} : indiquez cette fin, ou aucune.|Il court "
        "jusqu'au {official_ends_on} : indiquez cette fin, ou aucune.|N'indiquez pas de fin.] Déclarez ensuite, à part, "
        "ses suspensions et ses prolongations."
    )


class NumberTakenError(AgrementRuleError):
    code = "number_taken"
    against = by(AgrementGranted, "number")
    title = "This number was given to another agrément; a number is never used twice"
    title_fr = "Ce numéro a été donné à un autre agrément (PASS IAE) ; un numéro ne sert jamais deux fois"
    instead = "[Check the number {number}, and the person.|Check the number and the person.]"
    instead_fr = "[Vérifiez le numéro {number} et la personne.|Vérifiez le numéro et la personne.]"


class NumbersExhaustedError(AgrementRuleError):
    code = "numbers_exhausted"
    title = "Every number of this issuer has been used; no agrément can be created"
    title_fr = "Tous les numéros de cet émetteur ont servi ; aucun agrément (PASS IAE) ne peut être créé"
    instead = (
        "[The last number of {prefix} is {last_number}. |The last number is {last_number}. ]Ask whoever runs the "
        "service for another prefix."
    )
    instead_fr = (
        "[Le dernier numéro de {prefix} est {last_number}. |Le dernier numéro est {last_number}. ]Demandez un "
        "autre préfixe à l'exploitant du service."
    )


class NumberMissingError(AgrementRuleError):
    code = "number_missing"
    title = "This agrément has the number that its issuer gave it; none is made here"
    title_fr = "Cet agrément (PASS IAE) porte le numéro que son émetteur lui a donné ; aucun n'est créé ici"
    instead = (
        "[Ask les emplois de l'inclusion for the PASS IAE, then send its number (12 characters, {prefix} first) and say "
        "that they issued it.|Send the number that it bears already (12 characters).]"
    )
    instead_fr = (
        "[Demandez le PASS IAE sur les emplois de l'inclusion, puis saisissez son numéro (12 caractères, {prefix} en "
        "premier) en le déclarant délivré par eux.|Saisissez le numéro qu'il porte déjà (12 caractères).]"
    )


class NumberOfAnotherIssuerError(AgrementRuleError):
    code = "number_of_another_issuer"
    title = "This number is not of the issuer that the origin of the agrément says"
    title_fr = "Ce numéro ne vient pas de l'émetteur que dit l'origine de l'agrément (PASS IAE)"
    instead = (
        "[The numbers of les emplois de l'inclusion begin with {official_prefix}: correct the number, or the origin.|A "
        "number that begins with {newer_prefix} is of no older agrément of Pôle emploi: correct the number, or the "
        "origin.|Numbers given here begin with {prefix}; with another number it is an older agrément of Pôle emploi, or "
        "a PASS IAE issued by les emplois de l'inclusion: say that origin.|Correct the number, or the origin.]"
    )
    instead_fr = (
        "[Les numéros des emplois de l'inclusion commencent par {official_prefix} : corrigez le numéro, ou l'origine.|Un "
        "numéro qui commence par {newer_prefix} n'est pas celui d'un agrément antérieur de Pôle emploi : corrigez le "
        "numéro, ou l'origine.|Les numéros donnés ici commencent par {prefix} ; un autre numéro est celui d'un agrément "
        "antérieur de Pôle emploi, ou d'un PASS IAE délivré par les emplois de l'inclusion : indiquez cette "
        "origine.|Corrigez le numéro, ou l'origine.]"
    )


class StartMovedTooLateError(AgrementRuleError):
    code = "start_moved_too_late"
    title = "The new start would pass the first suspension or prolongation"
    title_fr = "Le nouveau début dépasserait la première suspension ou prolongation"
    article = "R5132-1-2"
    instead = "[The latest start is {latest_start}.|Move the first suspension or prolongation before.]"
    instead_fr = (
        "[Le début peut être au plus tard le {latest_start}.|Le début doit précéder la première suspension ou "
        "prolongation.]"
    )


class AgrementAlreadyStartedError(AgrementRuleError):
    code = "agrement_already_started"
    told_fields = ("agrement_id", "starts_on", "moved_on")
    against = by(AgrementGranted, "agrement_id")
    title = "A hire moves the start of an agrément only while it has not started"
    title_fr = "Une embauche ne déplace le début d'un agrément (PASS IAE) que s'il n'a pas commencé"
    article = "R5132-1-2"
    instead = "[It started on {starts_on}.|It has started.]"
    instead_fr = (
        "[Il a commencé le {starts_on}.|Il a déjà commencé.] L'embauche se fait sur cet agrément tel qu'il est."
    )
