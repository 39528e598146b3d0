"""The pathways service, put together."""

from services.pathways.api import reference_routes
from services.pathways.decisions import WARNINGS, decide
from services.pathways.facts import CATALOGUE
from services.pathways.outside import prepare
from services.pathways.person_references import GrantedNumbers, PersonReferences
from shared.intake.answering import Answering
from shared.intake.intake import Intake
from shared.intake.write_service import Part, Surroundings, WriteService, write_service
from shared.log.merges import RecordedMerges

NAME = "pathways"


def create(around: Surroundings, reference_key: bytes, granted: GrantedNumbers | None = None) -> WriteService:
    """`reference_key` keys the hashes under which structures' own numbers of persons are kept. `granted`: agrément numbers,
    where they are at hand."""

    def references(intake: Intake) -> Part:
        kept = PersonReferences(intake.store, reference_key, granted)
        # Of this service's own facts alone: it reads no others.
        return Part(reference_routes(kept, Answering(intake, dict, None)), kept.create, kept.close)

    title = "parcours: what a person lives on the way back to work"
    return write_service(
        NAME,
        title,
        CATALOGUE,
        decide,
        around,
        more=references,
        prepare=prepare,
        warn=WARNINGS.of,
        merges_of=lambda store: RecordedMerges(store, CATALOGUE),
    )
