"""`parcours subjects`: persons and others who are not as their facts say, looked at, tried again, or accepted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parcours.commands import repairing
from parcours.commands.errors import Commands
from parcours.commands.options import Json, subject_of
from parcours.commands.repairing import By, Cause, Everything, Limit, OfReader, Reason, Skipped, installation
from parcours.terminal.console import FOUND_SOMETHING, give_up, print_json
from parcours.terminal.troubles import subjects_table, trouble_json

if TYPE_CHECKING:
    from parcours.repairs import Installation
    from shared.histories.troubles import Trouble

Subjects = Annotated[list[str] | None, typer.Argument(metavar="[SUBJECT]...", help="person/<uuid>, structure/<uuid>…")]
NOWHERE = ("", "")
"""Before the first subject and kind."""

app = typer.Typer(cls=Commands, no_args_is_help=True)


@app.callback()
def subjects() -> None:
    """Subjects in trouble: rows that cannot be made (fold), effects that cannot be decided (policy), facts that never
    came (hole); at each reader."""


@app.command("list")
def list_subjects(
    reader: OfReader = None,
    cause: Cause = None,
    skipped: Skipped = False,
    limit: Limit = 20,
    after: Annotated[
        str | None, typer.Option("--after", metavar="PLACE", help="`next` of the page before this one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List subjects in trouble: how many of each cause, and the first ones.

    With --json: {causes, subjects, next}; `next` is what --after takes for the next page, null at the end.

    Exit 1 where there are subjects that nobody skipped.
    """
    with installation(reader) as found:
        first, *place = _place(found, after)
        groups = repairing.groups_of(
            found, lambda of, connection: of.troubles(connection).groups(connection, cause or "", skipped=skipped)
        )
        page = repairing.page_of(
            found,
            first,
            limit + 1,
            lambda of, connection, left: of.troubles(connection).after(
                connection, (place[0], place[1]) if of.name == first else NOWHERE, left, cause or "", skipped=skipped
            ),
        )
    shown, next_place = page[:limit], None
    if len(page) > limit:
        name, last = shown[-1]
        next_place = f"{name}:{last.subject}:{last.kind}"
    repairing.tell_list(
        "subjects",
        groups,
        [trouble_json(name, trouble) for name, trouble in shown],
        subjects_table(shown),
        next_place,
        none="no subjects were skipped" if skipped else "every subject is well",
        as_json=as_json,
    )
    if not skipped and any(of_reader for _, of_reader in groups):
        raise typer.Exit(FOUND_SOMETHING)


@app.command()
def show(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="person/<uuid>, structure/<uuid>…")],
    reader: OfReader = None,
    as_json: Json = False,
) -> None:
    """Show all that each reader knows of a subject: what is wrong since when, tracebacks, its facts, which are missing
    and whether the store has them.

    Exit 1 where something is wrong that nobody skipped. 2: no reader knows the subject.
    """
    name = subject_of(subject)
    with installation(reader) as found:
        views = {of: view for of in found.readers if (view := _view(found, of, name)) is not None}
    if not views:
        give_up(f"no reader knows {name}: nothing of it has come here")
    if as_json:
        print_json({"subject": name, "readers": views})
    else:
        _print(name, views)
    if any(trouble["skip"] is None for view in views.values() for trouble in view["troubles"]):
        raise typer.Exit(FOUND_SOMETHING)


@app.command()
def retry(
    subject: Subjects = None,
    cause: Cause = None,
    everything: Everything = False,
    reader: OfReader = None,
    as_json: Json = False,
) -> None:
    """Try subjects again: what is missing, or is kept otherwise, is read from the services' stores, then rows are made,
    effects decided anew.

    One that is named is worked up again also where nothing is known to be wrong with it, which puts right whatever
    `parcours verify` found of it; and where it was skipped. The others are served meanwhile.

    Exit 0: all are well. 1: some are as they were, with why.
    """
    from shared.histories.repairing import retry_subjects  # noqa: PLC0415

    repairing.check_choice(subject or [], cause, everything, "a SUBJECT")
    outcomes = []
    with installation(reader) as found:
        chosen, in_trouble = _to_try(found, subject, cause)
        for name, names in chosen.items():
            of_reader = found.readers[name]
            tried = repairing.try_each(
                "subjects",
                repairing.parts_of(names),
                lambda part, of_reader=of_reader: retry_subjects(of_reader, found.store_of, part),  # type: ignore[misc]
            )
            # Of one that is in trouble somewhere, a reader where it is well is no outcome.
            anywhere = {of for _, of in in_trouble}
            outcomes += [(name, one) for one in tried if one.name not in anywhere or (name, one.name) in in_trouble]
    repairing.tell_outcomes("subjects", outcomes, as_json=as_json)


@app.command()
def skip(
    reason: Reason,
    subject: Subjects = None,
    cause: Cause = None,
    everything: Everything = False,
    reader: OfReader = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Accept subjects as they are. Who, when and why stays written.

    One that fails keeps its last good rows, people go on seeing that it is incomplete, and each further fact tries it
    again; it counts as no fault any more until it was well and fails anew. Missing facts count as accepted until more
    are missing; `bi.incomplete_subjects` says so.
    """
    from shared.histories import skips  # noqa: PLC0415

    repairing.check_choice(subject or [], cause, everything, "a SUBJECT")
    who = skips.Skipper(by or repairing.user_of_this_system(), reason)
    count = named = 0
    with installation(reader) as found:
        for name, troubles in _chosen(found, subject, cause, skipped=None if subject else False).items():
            with found.readers[name].database.transaction() as connection:
                for kind in sorted({trouble.kind for trouble in troubles}):
                    states = [(one.subject, one.state) for one in troubles if one.kind == kind]
                    count += skips.skip(connection, kind, states, who)
            named += len(troubles)
    repairing.tell_skipped("subjects", count, named, who, as_json=as_json)


def _place(found: Installation, after: str | None) -> tuple[str, str, str]:
    """Reader, subject and kind. Raise CommandError."""
    if after is None:
        return (next(iter(found.readers)), *NOWHERE)
    reader, _, rest = after.partition(":")
    subject, colon, kind = rest.rpartition(":")
    if reader not in found.readers or not colon:
        give_up(f"--after {after} is no place: it is what `list` names at the end of a page, for the same --reader")
    return reader, subject, kind


def _to_try(
    found: Installation, subjects: Sequence[str] | None, cause: str | None
) -> tuple[dict[str, list[str]], set[tuple[str, str]]]:
    """By reader: those named, where it knows them, or all in trouble of a cause; and which of them are in trouble at which
    reader. Raise CommandError."""
    from shared.histories.subjects import versions_of  # noqa: PLC0415

    names = [*dict.fromkeys(subject_of(subject) for subject in subjects or ())]
    chosen: dict[str, list[str]] = {}
    in_trouble: set[tuple[str, str]] = set()
    for name, reader in found.readers.items():
        if not subjects:
            chosen[name] = [*dict.fromkeys(trouble.subject for trouble in _all_of(found, name, cause or "", False))]
            in_trouble |= {(name, subject) for subject in chosen[name]}
            continue
        with reader.database.connection() as connection:
            chosen[name] = sorted(versions_of(connection, names))
            in_trouble |= {(name, one.subject) for one in reader.troubles(connection).of(connection, names)}
    if unknown := sorted(set(names).difference(*chosen.values())):
        give_up(f"no reader knows {', '.join(unknown)}: nothing of it has come here")
    return chosen, in_trouble


def _chosen(
    found: Installation, subjects: Sequence[str] | None, cause: str | None, *, skipped: bool | None
) -> dict[str, list[Trouble]]:
    """By reader: those named, of which at least one reader must know a trouble, or all of a cause. Raise CommandError."""
    if not subjects:
        return {name: _all_of(found, name, cause or "", skipped) for name in found.readers}
    names = [*dict.fromkeys(subject_of(subject) for subject in subjects)]
    chosen: dict[str, list[Trouble]] = {}
    for name, reader in found.readers.items():
        with reader.database.connection() as connection:
            chosen[name] = reader.troubles(connection).of(connection, names)
    in_trouble = {trouble.subject for troubles in chosen.values() for trouble in troubles}
    if well := [name for name in names if name not in in_trouble]:
        give_up(f"nothing is wrong with {', '.join(well)}; `parcours subjects list` names those in trouble")
    return chosen


def _all_of(found: Installation, name: str, cause: str, skipped: bool | None) -> list[Trouble]:
    troubles: list[Trouble] = []
    place = NOWHERE
    with found.readers[name].database.connection() as connection:
        of_reader = found.readers[name].troubles(connection)
        while some := of_reader.after(connection, place, 1_000, cause, skipped=skipped):
            troubles += some
            place = (some[-1].subject, some[-1].kind)
    return troubles


def _view(found: Installation, reader_name: str, subject: str) -> dict[str, Any] | None:
    """None where the reader does not know it."""
    from shared.histories.filling import missing_facts  # noqa: PLC0415
    from shared.histories.places import highest_known  # noqa: PLC0415
    from shared.histories.shown import last_facts, numbers_missing  # noqa: PLC0415
    from shared.histories.subjects import trouble_of  # noqa: PLC0415

    reader = found.readers[reader_name]
    with reader.database.connection() as connection:
        known = trouble_of(connection, subject)
        if known is None:
            return None
        reached = highest_known(connection)
        in_store = [
            {"service": fact.service, "sequence": fact.sequence, "streamversion": fact.streamversion, "type": fact.type}
            for service in sorted(reader.consumed)
            if reached.get(service)
            for fact in missing_facts(connection, found.store_of(service), subject, reached[service])
        ]
        troubles = reader.troubles(connection).of(connection, [subject])
        return {
            "version": known.version,
            "troubles": [trouble_json(reader_name, one) | {"traceback": one.traceback} for one in troubles],
            "missing": numbers_missing(connection, subject),
            "missing_and_in_the_store": in_store,
            "facts": last_facts(connection, subject),
        }


def _print(subject: str, views: dict[str, dict[str, Any]]) -> None:
    print(subject)
    for reader, view in views.items():
        print(f"{reader}: {'well' if not view['troubles'] else 'in trouble'}, version {view['version']}")
        for trouble in view["troubles"]:
            skip = trouble["skip"]
            accepted = f" (skipped {skip['at']} by {skip['by']}: {skip['reason']})" if skip else ""
            print(f"  {trouble['kind']} since {trouble['since'] or 'unknown'}: {trouble['message']}{accepted}")
            for line in (trouble["traceback"] or "").splitlines():
                print(f"    {line}")
        for service, numbers in view["missing"].items():
            print(f"  missing of {service}: {', '.join(map(str, numbers))}")
        for fact in view["missing_and_in_the_store"]:
            print(f"  not here, in the store: {fact['service']}:{fact['sequence']} {fact['type']}; `retry` brings it")
        for fact in view["facts"]:
            print(
                f"  {fact['service']}:{fact['sequence']}  number {fact['streamversion']}  {fact['type']}  {fact['id']}"
            )
