"""The metrics of what projections keep: its reader, read sets that are being built, the last verification."""

from __future__ import annotations

from collections.abc import Iterator

from parcours.parts import PROJECTIONS
from parcours.reader_figures import looking, show_reader
from services.projections.catalogue import SERVICES
from services.projections.database import SCHEMA
from services.projections.folding.troubles import fold_troubles
from services.projections.read_sets import read_sets_table, set_schema
from services.projections.verifying import runs
from shared.histories.subjects import count_all
from shared.process.settings import Settings
from shared.process.stored_figures import Sample, StoredFigures


def show_row_figures(figures: StoredFigures, settings: Settings) -> None:
    """In a process that answers for projections."""
    url = settings.database_url_of(PROJECTIONS)
    show_reader(figures, settings, PROJECTIONS, SCHEMA, SERVICES, fold_troubles)
    figures.add("rebuild", lambda: _rebuilds(url))
    figures.add("verify", lambda: verified(url))


def _rebuilds(url: str) -> Iterator[Sample]:
    with looking(url, SCHEMA) as connection:
        for read_set in read_sets_table.all_read_sets(connection):
            if read_set.state == "building":
                folded = set_schema.folded_in(read_set.name).count(connection)
                yield Sample("parcours_rebuild_folded_subjects", (read_set.name,), folded)
                yield Sample("parcours_rebuild_subjects", (read_set.name,), count_all(connection))


def verified(url: str) -> Iterator[Sample]:
    with looking(url, SCHEMA) as connection:
        run = runs.last_run(connection)
    if run is not None:
        yield Sample("parcours_verify_last_run_timestamp_seconds", (), run.ended_at.timestamp())
        yield Sample("parcours_verify_subjects", (), run.subjects)
        yield Sample("parcours_verify_differences", (), run.differences)
