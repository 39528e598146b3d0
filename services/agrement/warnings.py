"""What is recorded here and looks mistaken: one class per kind, its code for ever."""

from __future__ import annotations

from shared.deciding.warnings import DomainWarning


class NoHireByStructure(DomainWarning):
    of_others = True  # prescribers who see an agrément see no hires: one structure after the other would be tried
    code = "no_hire_by_structure"
    title = "No hire of this person by this structure is known here by that day; is it the employer concerned?"
    title_fr = "Aucune embauche de la personne par cette structure n'est connue ici ce jour-là ; est-ce bien l'employeur concerné ?"
