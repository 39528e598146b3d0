"""The pathways service, put together. It reads who took over which structure, and records nothing because of that."""

from services.pathways.api import pathways_routes
from services.pathways.decisions import WARNINGS, decide
from services.pathways.facts import CATALOGUE
from services.pathways.outside import CONSUMED, SERVICES, Outside
from services.pathways.person_references import HELD, GrantedNumbers, forget_references
from services.structures.facts import SuccessionConfirmed
from services.structures.facts.successions import succession_of
from shared.log.merges import RecordedMerges
from shared.log.store import FactStore
from shared.reacting.reacting_service import ReactingService

NAME = "pathways"


def service(reference_key: bytes, granted: GrantedNumbers | None = None) -> ReactingService[Outside]:
    """`reference_key` keys the hashes under which structures' own numbers of persons are kept. `granted`: agrément numbers,
    where they are at hand."""
    return ReactingService(
        name=NAME,
        title="parcours: what a person lives on the way back to work",
        catalogue=CATALOGUE,
        consumed=CONSUMED,
        consumed_services=SERVICES,
        decide=decide,
        warn=WARNINGS.of,
        outside=lambda url, _: Outside(FactStore(url, NAME), reference_key, granted),
        routes=lambda answering, outside: pathways_routes(outside.references, answering),
        confirms=SuccessionConfirmed.type,
        successor_of=succession_of,
        policy=None,
        emptied_also=forget_references,
        held_also=(HELD,),
        merges_of=lambda store: RecordedMerges(store, CATALOGUE),
    )
