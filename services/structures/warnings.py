"""What is recorded here and looks mistaken: one class per kind, its code for ever.

Facts may arrive in any order, so what is named may only be late: such a fact counts as soon as the other comes.
"""

from __future__ import annotations

from shared.deciding.warnings import DomainWarning


class NotRegistered(DomainWarning):
    code = "not_registered"
    title = "Nothing is registered here under this subject; its registration may be late, or the id mistaken"
    title_fr = (
        "Rien n'est encore inscrit ici sous cet identifiant ; l'inscription peut tarder, ou l'identifiant être faux"
    )


class CertificationUnknown(DomainWarning):
    code = "certification_unknown"
    title = "No certificate of this structure with this id is recorded here; it may be late, or another structure's"
    title_fr = "Aucun certificat de cette structure ne porte cet identifiant ; il peut tarder, ou concerner une autre structure"


class NotAMember(DomainWarning):
    code = "not_a_member"
    title = "No membership of this structure in this group is recorded here, so nothing ends"
    title_fr = "Aucune adhésion de cette structure à ce groupe n'est enregistrée ici : rien ne prend fin"


class NetworkNotJoined(DomainWarning):
    code = "network_not_joined"
    title = "It is not recorded here that the structure joined this network, so nothing is left"
    title_fr = "L'entrée de la structure dans ce réseau n'est pas enregistrée ici : elle n'en sort pas"


class CommuneOfAnotherDepartment(DomainWarning):
    code = "commune_of_another_department"
    title = "The commune lies in another department than the one said; is one of the two mistyped?"
    title_fr = "La commune est dans un autre département que celui indiqué ; l'un des deux est-il faux ?"


class AnnexMeasureUnknown(DomainWarning):
    code = "annex_measure_unknown"
    title = "This measure is in no list here, so the annex opens no posts and prolongs none; is the code right?"
    title_fr = "Cette mesure n'est dans aucune liste ici : l'annexe n'ouvre ni ne prolonge aucun poste ; le code est-il juste ?"


class SiretKeyWrong(DomainWarning):
    code = "siret_key_wrong"
    title = "The key of this SIRET does not fit; is a digit mistyped?"
    title_fr = "La clé de ce SIRET ne convient pas ; un chiffre est-il faux ?"
