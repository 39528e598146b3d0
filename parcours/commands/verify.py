"""`parcours verify`: whether what people see is what the facts say."""

from __future__ import annotations

from contextlib import ExitStack
from time import monotonic
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parcours.commands.errors import Commands
from parcours.commands.options import Json, database_url_of, id_of, settings_of, subject_of
from parcours.terminal.console import FOUND_SOMETHING, give_up, print_json, progress
from parcours.terminal.verification import print_comparison

if TYPE_CHECKING:
    from parcours.verification import Scope, Step, Verification
    from shared.log.comparison import Comparison

BUCKETS = 16
app = typer.Typer(cls=Commands)


@app.command()
def verify(
    subject: Annotated[
        str | None, typer.Option(metavar="SUBJECT", help="Only this one: person/<uuid>, structure/<uuid>…, a bare UUID")
    ] = None,
    group: Annotated[
        str | None, typer.Option(metavar="UUID", help="Only a group, its structures, and their people.")
    ] = None,
    bucket: Annotated[
        list[int] | None, typer.Option(min=0, max=BUCKETS - 1, help="Only this sixteenth of the subjects; repeatable.")
    ] = None,
    stores: Annotated[
        bool | None,
        typer.Option(
            "--stores/--no-stores",
            help="Histories with the stores, and each store with itself. [default: yes, but for --bucket]",
        ),
    ] = None,
    topics: Annotated[bool, typer.Option("--topics", help="Also the topics of Kafka with the stores.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Differences listed of each comparison; all are counted.")] = 100,
    wait: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long facts that are about to be folded are waited for.")
    ] = 20.0,
    as_json: Json = False,
) -> None:
    """Compare what people see with what the facts say, while everything goes on.

    Every row of the current read set with the rows that its facts give; the views over it; every fact in the histories
    with the stores, every store with its own answers, streams, claims and deadlines; with --topics every record with
    its fact. Nothing is locked and nothing is written.

    Exit 0: all alike. 1: something differs; it is listed. 2: could not run.
    """
    if sum(given is not None for given in (subject, group, bucket or None)) > 1:
        give_up("--subject, --group and --bucket do not go together: each says whose rows are verified")
    settings = settings_of()
    if topics and settings.kafka_bootstrap is None:
        give_up("PARCOURS_KAFKA_BOOTSTRAP is not set: without Kafka there are no topics; leave --topics out")
    started = monotonic()
    with ExitStack() as stack:
        verification: Verification = _module().Verification(
            settings, lambda service: database_url_of(settings, service), stack, limit=limit, patience_s=wait
        )
        scope = _scope(verification, subject, group, bucket, stores=stores, topics=topics)
        found = [_run(step, as_json) for step in verification.steps(scope)]
    _refuse_strangers(scope, found)
    differences = sum(comparison.differences for comparison in found)
    if as_json:
        print_json(_document(found, differences, monotonic() - started))
    elif not differences:
        print("what people see is what the facts say")
    else:
        print(f"{differences:,} differences")
    if differences:
        raise typer.Exit(FOUND_SOMETHING)


def _scope(
    verification: Verification,
    subject: str | None,
    group: str | None,
    bucket: list[int] | None,
    *,
    stores: bool | None,
    topics: bool,
) -> Scope:
    subjects = None
    if subject is not None:
        subjects = [subject_of(subject if "/" in subject else f"person/{id_of(subject, 'person')}")]
    if group is not None:
        subjects = verification.subjects_of(id_of(group, "group"))
    buckets = sorted(set(bucket)) if bucket else range(BUCKETS)
    scope: Scope = _module().Scope(subjects, buckets, not bucket if stores is None else stores, topics)
    return scope


def _run(step: Step, as_json: bool) -> Comparison:
    with progress(f"Verifying {step.label}", step.unit) as shown:
        found: Comparison = _module().run_step(step, shown.of)
    if not as_json:
        print_comparison(found)
    return found


def _refuse_strangers(scope: Scope, found: list[Comparison]) -> None:
    """One of whom there is nothing at all was mistyped: "all alike" would mislead."""
    if scope.subjects is not None and not any(one.facts or one.rows or one.differences for one in found):
        give_up(f"nothing is known of {scope.subjects[0]}: no fact, no row")


def _document(found: list[Comparison], differences: int, seconds: float) -> dict[str, Any]:
    return {
        "differences": differences,
        "seconds": round(seconds, 3),
        "comparisons": [comparison.as_json() for comparison in found],
    }


def _module() -> ModuleType:
    """Imported when asked for: it takes every service with it, and `--help` should not."""
    from parcours import verification  # noqa: PLC0415

    return verification
