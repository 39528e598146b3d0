"""`parcours streams copied`: on a copy of an installation, before anything is started on it."""

from __future__ import annotations

from parcours.commands.options import Json, settings_of
from parcours.terminal.console import print_json


def copied(as_json: Json = False) -> None:
    """Give the readers of this installation, a copy of another one, groups of their own on the same Kafka.

    Of a copy of PostgreSQL file by file, before anything is started on it: a dump that is restored elsewhere is told apart
    by itself. The copy reads on from where the original was when it was copied; one that writes needs another
    PARCOURS_TOPIC_PREFIX. Readers that run go on in the group they are in until they are started again, and are named.
    """
    from parcours.database_choice import with_running_database  # noqa: PLC0415
    from parcours.repairs import opened  # noqa: PLC0415
    from parcours.restoring import ALIVE  # noqa: PLC0415
    from shared.roles.looking_around import look_around  # noqa: PLC0415
    from shared.roles.role import PROJECTOR, REACTING, policies_role, role_named  # noqa: PLC0415

    settings = with_running_database(settings_of())
    with opened(settings) as found:
        for reader in found.readers.values():
            reader.database.renew_identity()
        identities = {name: reader.database.identity() for name, reader in found.readers.items()}
    readers = [role_named(name) for name in (PROJECTOR, *map(policies_role, REACTING))]
    running = [
        one.role
        for one in look_around(settings.database_url_of, readers)
        if one.role in {role.name for role in readers} and one.state in ALIVE
    ]
    if as_json:
        print_json({"readers": identities, "running": running})
        return
    for name, identity in identities.items():
        print(f"{name} reads in the group of {identity} from its next start on")
    if running:
        print(f"running now, in the group they were in: {', '.join(running)}; start them again")
