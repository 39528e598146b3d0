"""One write service, started on this machine for a command that needs it for a moment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from threading import Event

from parcours import http_server, parts
from parcours.background_threads import Work, running, until_told
from parcours.http_server import listening
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from shared.roles.role import policies_role, relay_role
from shared.web.callers import LocalCallers
from shared.web.serving import Suite


def while_serving(settings: Settings, service: str, work: Callable[[str], None]) -> None:
    """Do something with the service's address, on which only this machine is answered, then stop it.

    What it does because of others' facts runs beside it, and on Kafka its relay: decisions wait for both.
    """
    settings = settings.model_copy(update={"host": "127.0.0.1", "port": 0, "ops_port": None})
    failures: list[Exception] = []

    def then(address: str, stop: Event) -> None:
        try:
            work(address)
        except Exception as error:  # raised once everything is stopped in order
            failures.append(error)
        finally:
            stop.set()

    with ExitStack() as stack:
        stop = stack.enter_context(until_told())
        bound = stack.enter_context(listening(settings))
        metrics = Metrics()
        part = parts.write_service(service, settings, LocalCallers(), metrics)
        stack.callback(part.stop)
        part.start()
        works: dict[str, Work] = {}
        if service in parts.REACTING:
            works[policies_role(service)] = stack.enter_context(parts.reconciler(service, settings, metrics))
        if settings.kafka_bootstrap:
            works[relay_role(service)] = stack.enter_context(parts.relay(settings, service, metrics))
        background = stack.enter_context(running(works, stop))
        suite = Suite(
            {service: part.app}, metrics, {service: part.check, **background.checks()}, hosts=settings.host_names
        )
        http_server.serve(suite, bound, stop, lambda text: None, then)
        background.raise_failure()
    if failures:
        raise failures[0]
