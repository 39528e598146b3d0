"""Processes: everything in one (`up`), or one part each (`serve`, `relay`, `project`), stopped by SIGINT or SIGTERM."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import structlog
from starlette.types import ASGIApp

from parcours import http_server, parts
from parcours.background_threads import Work, running, until_told
from parcours.database_choice import with_database, with_running_database
from parcours.figures import show_figures
from parcours.http_server import Announce, for_operations_alone, listening
from parcours.parts import IDENTITIES, PROJECTIONS, REACTING, Served
from services.projections.rows_version import ROWS_VERSION
from shared.process.metrics import Metrics
from shared.process.settings import Settings, SettingsError
from shared.roles.looking_around import refuse_paused
from shared.roles.presence import STARTING, Presence, Pulse, present
from shared.roles.role import CLOCK, PROJECTOR, WRITING, policies_role, relay_role, role_named, serve_role
from shared.roles.serving import Serving
from shared.web.callers import Callers
from shared.web.serving import Check, Suite

if TYPE_CHECKING:
    from services.projections.read_sets.recipe import Recipe

log = structlog.get_logger(__name__)


def up(settings: Settings, *, demo: bool, announce: Announce, keys: bool = False) -> int:
    """Everything in one process: four write services, projections, names, and with Kafka the relays. `keys`: it asks for tokens,
    signed with keys made for this machine."""
    from parcours.demo.show import show_demo  # noqa: PLC0415
    from parcours.trying_rights import own_client, with_laptop_keys  # noqa: PLC0415
    from services.projections.read_sets.building import ensure_current  # noqa: PLC0415
    from services.projections.read_sets.recipe import Recipe  # noqa: PLC0415

    with ExitStack() as stack:
        stop = stack.enter_context(until_told())
        if keys:
            settings = with_laptop_keys(settings, announce)
        # The port before the database: told at once that it is taken, not after a start of ten seconds.
        bound = stack.enter_context(listening(settings))
        settings = stack.enter_context(with_database(settings, announce))
        roles = stack.enter_context(present(settings.database_url_of))
        metrics, callers = Metrics(), own_client(parts.callers_by(settings))
        served: dict[str, Served] = {
            **{name: parts.write_service(name, settings, callers, metrics) for name in WRITING},
            PROJECTIONS: parts.query_service(settings, callers),
        }
        announce("preparing the tables")
        for part in served.values():
            stack.callback(part.stop)
            part.start()
        served |= _with_names(settings, callers, announce, stack)
        # After the stores are made, before the projector: it must find a read set of its own code.
        recipe = Recipe.of(settings)
        ensure_current(settings.database_url_of(PROJECTIONS), recipe, announce)
        works: dict[str, Work] = {
            PROJECTOR: stack.enter_context(_projector(settings, metrics, recipe, roles)),
            CLOCK: stack.enter_context(parts.clock(settings, pulse=roles.pulse(CLOCK))),
            **{
                policies_role(name): stack.enter_context(_policies(settings, name, metrics, roles)) for name in REACTING
            },
        }
        if settings.kafka_bootstrap:
            works |= {relay_role(name): stack.enter_context(_relay(settings, name, metrics, roles)) for name in WRITING}
        background = stack.enter_context(running(works, stop))
        apps: dict[str, ASGIApp] = {name: part.app for name, part in served.items()}
        checks: dict[str, Check] = {**{name: part.check for name, part in served.items()}, **background.checks()}
        show_figures(metrics, settings, served)
        suite = Suite(
            apps,
            metrics,
            checks,
            {name: part.warning for name, part in served.items()},
            hosts=settings.host_names,
            has_ops_port=bound.operations is not None,
        )
        beside = [
            Serving(name, part.check, roles.pulse(serve_role(name)), part.warning).run for name, part in served.items()
        ]
        then = partial(show_demo, token=callers.secret if keys else None) if demo else None
        code = http_server.serve(suite, bound, stop, announce, then, beside)
        background.raise_failure()
        return code


def _with_names(settings: Settings, callers: Callers, announce: Announce, stack: ExitStack) -> dict[str, Served]:
    """The service of names, started; nothing where its keys are refused: the suite works without it."""
    try:
        names = parts.identity_service(settings, callers)
        stack.callback(names.stop)
        names.start()
    except SettingsError as refused:
        announce(f"names are not served: {refused}")
        return {}
    return {IDENTITIES: names}


def serve(settings: Settings, service: str) -> int:
    """One service alone, behind the same addresses as in the whole suite. Return the exit code."""
    with ExitStack() as stack:
        stop = stack.enter_context(until_told())
        bound = stack.enter_context(listening(settings))
        settings = with_running_database(settings)
        roles = stack.enter_context(present(settings.database_url_of))
        metrics, callers = Metrics(), parts.callers_by(settings)
        part: Served
        if service == PROJECTIONS:
            part = parts.query_service(settings, callers)
            _make_current(settings, _recipe(settings), roles.pulse(serve_role(service)))
        elif service == IDENTITIES:
            part = parts.identity_service(settings, callers)
        else:
            part = parts.write_service(service, settings, callers, metrics)
        stack.callback(part.stop)
        part.start()
        works: dict[str, Work] = {}
        if service in REACTING:
            works[policies_role(service)] = stack.enter_context(_policies(settings, service, metrics, roles))
        background = stack.enter_context(running(works, stop))
        checks: dict[str, Check] = {service: part.check, **background.checks()}
        show_figures(metrics, settings, {service: part})
        suite = Suite(
            {service: part.app},
            metrics,
            checks,
            {service: part.warning},
            hosts=settings.host_names,
            has_ops_port=bound.operations is not None,
        )
        beside = [Serving(service, part.check, roles.pulse(serve_role(service)), part.warning).run]
        code = http_server.serve(suite, bound, stop, _noted, beside=beside)
        background.raise_failure()
        return code


def relay(settings: Settings, service: str) -> int:
    """Publish one service's facts onto its topic."""
    settings = with_running_database(settings)
    metrics = Metrics()
    return _alone(settings, relay_role(service), metrics, lambda roles: _relay(settings, service, metrics, roles))


def project(settings: Settings, rows_version: int = ROWS_VERSION) -> int:
    """Keep the read models, from Kafka or from the stores. Where they are of newer code or other settings the process
    stays, not ready, and writes nothing (`Keeper`)."""
    settings = with_running_database(settings)
    metrics, recipe = Metrics(), _recipe(settings, rows_version)
    with present(settings.database_url_of) as roles:
        starting = roles.pulse(PROJECTOR, f"rows {recipe.version}")
        starting.beat(problem=STARTING)
        if starting.pause is None:  # else it makes nothing: resumed, it finds its rows outdated and is started again
            _make_current(settings, recipe, starting)
    return _alone(settings, PROJECTOR, metrics, lambda roles: _projector(settings, metrics, recipe, roles))


def clock(settings: Settings) -> int:
    """Record what is due, every minute."""
    settings = with_running_database(settings)
    return _alone(settings, CLOCK, Metrics(), lambda roles: parts.clock(settings, pulse=roles.pulse(CLOCK)))


def strike(settings: Settings, day: date | None, progress: Callable[[int, int], None]) -> int:
    """Record what is due by a day (today in Paris by default), once. Return for how many people. Raise
    RolePausedError."""
    settings = with_running_database(settings)
    refuse_paused(settings.database_url_of, role_named(CLOCK))
    with parts.clock(settings, None if day is None else lambda: day) as work:
        return work.strike(progress)


def rebuild_deadlines(settings: Settings, progress: Callable[[int, int], None]) -> int:
    """Make the rows of the clock anew from the facts. Return how many people were looked at."""
    settings = with_running_database(settings)
    with parts.clock(settings) as work:
        return work.rebuild(progress)


def _relay(settings: Settings, service: str, metrics: Metrics, roles: Presence) -> AbstractContextManager[Work]:
    return parts.relay(settings, service, metrics, roles.pulse(relay_role(service)))


def _policies(settings: Settings, service: str, metrics: Metrics, roles: Presence) -> AbstractContextManager[Work]:
    return parts.reconciler(service, settings, metrics, roles.pulse(policies_role(service)))


def _projector(settings: Settings, metrics: Metrics, recipe: Recipe, roles: Presence) -> AbstractContextManager[Work]:
    from parcours.verifying_projector import verifying_projector  # noqa: PLC0415

    return verifying_projector(settings, metrics, recipe, roles.pulse(PROJECTOR, f"rows {recipe.version}"))


def _alone(
    settings: Settings, name: str, metrics: Metrics, work: Callable[[Presence], AbstractContextManager[Work]]
) -> int:
    """One part in the background and, for health, readiness and metrics, a server on a port of its own."""
    settings = for_operations_alone(settings)
    with ExitStack() as stack:
        stop = stack.enter_context(until_told())
        bound = stack.enter_context(listening(settings))
        roles = stack.enter_context(present(settings.database_url_of))
        background = stack.enter_context(running({name: stack.enter_context(work(roles))}, stop))
        code = http_server.serve(
            Suite({}, metrics, background.checks(), hosts=settings.host_names), bound, stop, _noted
        )
        background.raise_failure()
    return code


def _recipe(settings: Settings, rows_version: int = ROWS_VERSION) -> Recipe:
    from services.projections.read_sets.recipe import Recipe  # noqa: PLC0415

    return Recipe.of(settings, rows_version)


def _make_current(settings: Settings, recipe: Recipe, pulse: Pulse) -> None:
    """A read set of this recipe, which may have to be made from all histories: the role says how far that is."""
    from services.projections.read_sets.building import ensure_current  # noqa: PLC0415

    def told(text: str) -> None:
        log.info(text)
        pulse.beat(problem=text)

    ensure_current(
        settings.database_url_of(PROJECTIONS),
        recipe,
        told,
        lambda done, total: pulse.beat(problem=f"making its rows anew: {done:,} of {total:,} subjects"),
    )


def _noted(text: str) -> None:
    log.info(text)
