"""Every fact type of every service, in the order of the catalogue: what projections can read."""

from services.agrement.facts import CATALOGUE as AGREMENT
from services.pathways.facts import CATALOGUE as PATHWAYS
from services.placements.facts import CATALOGUE as PLACEMENTS
from services.structures.facts import CATALOGUE as STRUCTURES
from shared.facts.catalogue import Catalogue

CATALOGUE = Catalogue.join([STRUCTURES, PATHWAYS, AGREMENT, PLACEMENTS])
SERVICES = ("structures", "pathways", "agrement", "placements")
