"""How far each service's facts are on their way: recorded, published, applied by each reader; how far behind, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from typing import Any

from parcours.parts import REACTING
from services.projections.catalogue import SERVICES
from services.projections.database import Database
from shared.histories.database import HistoryDatabase
from shared.histories.lag import Lag, LogTail, ReaderLag
from shared.histories.places import known_places
from shared.kafka.progress import StreamState, state_without_kafka, stream_states
from shared.kafka.topics import Topics
from shared.log.place import Key, Place
from shared.log.store import FactStore
from shared.process.settings import Settings
from shared.process.unavailable import UnavailableError
from shared.reacting.knowledge import reader_database
from shared.roles.looking_around import look_around
from shared.roles.role import PROJECTOR, expected, policies_role, relay_role
from shared.roles.verdict import RoleStanding

Places = Mapping[Key, Place]


@dataclass(frozen=True, slots=True)
class Reading:
    """One reader of a service's facts. `cause`: why it is behind; None where it is not, or works on it."""

    lag: ReaderLag
    cause: str | None


@dataclass(frozen=True, slots=True)
class ServiceState:
    """`relay`: None without Kafka. `relay_cause`: why something is not published."""

    stream: StreamState
    relay: Lag | None
    relay_cause: str | None
    readers: Mapping[str, Reading]

    @property
    def is_stuck(self) -> bool:
        """Whether facts wait for something that nobody works on."""
        topic = self.stream.topic
        no_topic = topic is not None and topic.topic_id is None
        return no_topic or self.relay_cause is not None or any(one.cause for one in self.readers.values())

    def json(self) -> dict[str, Any]:
        stream = {
            **asdict(self.stream),
            "relay_lag": self.stream.relay_lag,
            "projection_lag": self.stream.projection_lag,
        }
        readers = {
            name: {
                **asdict(reading.lag.whole),
                "cause": reading.cause,
                "partitions": [{"partition": number, **asdict(lag)} for number, lag in reading.lag.partitions.items()],
            }
            for name, reading in self.readers.items()
        }
        relay = None if self.relay is None else {**asdict(self.relay), "cause": self.relay_cause}
        return {**stream, "relay": relay, "readers": readers}


def service_states(settings: Settings) -> list[ServiceState]:
    """One for each service. Raise UnavailableError where a store or Kafka cannot be asked."""
    with ExitStack() as stack:
        topics = stack.enter_context(closing(Topics.of(settings))) if settings.kafka_bootstrap else None
        stores = [FactStore(settings.database_url_of(name), name) for name in SERVICES]
        for store in stores:
            stack.callback(store.close)
        places = _places(settings, "kafka" if topics else "store", stack)
        roles = _roles(settings)
        states, away = _streams(stores, topics, places["projections"])
        return [
            _state(store, state, {name: places[name] for name in _readers_of(settings, store.service)}, roles, away)
            for store, state in zip(stores, states, strict=True)
        ]


def _streams(
    stores: Sequence[FactStore], topics: Topics | None, places: Places
) -> tuple[list[StreamState], str | None]:
    """And why Kafka does not answer: then what is known without it."""
    try:
        return stream_states(stores, topics, places), None
    except UnavailableError as error:
        if topics is None or error.fields.get("reason") != "kafka":
            raise
        states = [state_without_kafka(store, topics, places) for store in stores]
        return states, f"kafka, which does not answer at {topics.bootstrap}: {error.fields.get('detail', '')}"


def _readers_of(settings: Settings, service: str) -> list[str]:
    return ["projections", *(name for name, of in sorted(REACTING.items()) if service in of(settings).reads)]


def _places(settings: Settings, feed: str, stack: ExitStack) -> dict[str, Places]:
    """Of each reader; none of one that never ran."""
    databases: dict[str, HistoryDatabase] = {"projections": Database(settings.database_url_of("projections"))}
    databases |= {name: reader_database(settings.database_url_of(name), name) for name in REACTING}
    found: dict[str, Places] = {}
    for name, database in databases.items():
        stack.callback(database.close)
        with database.connection() as connection:
            found[name] = known_places(connection, feed)
    return found


def _roles(settings: Settings) -> dict[str, list[RoleStanding]]:
    try:
        standings = look_around(settings.database_url_of, expected(settings))
    except UnavailableError:
        return {}
    roles: dict[str, list[RoleStanding]] = {}
    for standing in standings:
        roles.setdefault(standing.role, []).append(standing)
    return roles


def _state(
    store: FactStore,
    stream: StreamState,
    places: Mapping[str, Places],
    roles: Mapping[str, Sequence[RoleStanding]],
    away: str | None,
) -> ServiceState:
    topic = stream.topic
    partitions = _partitions(stream, places)
    through = {name: _through(stream, partitions, of_reader) for name, of_reader in places.items()}
    published = (topic.relay_position or 0) if topic is not None else stream.last_sequence
    least = min([published, *(_least(one, partitions) for one in through.values())])
    tail = LogTail.of(store, least)
    relay = tail.after(published) if topic is not None else None
    relay_cause = away or _cause(roles, relay_role(store.service), relay)
    readers = {}
    for name, of_reader in through.items():
        lag = tail.behind(of_reader, partitions)
        role = PROJECTOR if name == "projections" else policies_role(name)
        cause = _cause(roles, role, lag.whole) or (relay_cause if _waits_for_relay(lag.whole, published) else None)
        readers[name] = Reading(lag, cause)
    return ServiceState(stream, relay, relay_cause, readers)


def _partitions(stream: StreamState, places: Mapping[str, Places]) -> int | None:
    """None without Kafka. While it does not answer, as many as somebody ever read of."""
    if stream.topic is None:
        return None
    if stream.topic.partitions:
        return len(stream.topic.partitions)
    known = (number for of_reader in places.values() for service, number in of_reader if service == stream.service)
    return max(known, default=0) + 1


def _through(stream: StreamState, partitions: int | None, places: Places) -> dict[int, int]:
    """A place in another topic of the same name promises nothing about this one."""
    topic_id = stream.topic.topic_id if stream.topic else None
    return {
        partition: place.through
        for (service, partition), place in places.items()
        if service == stream.service and (partitions is None or place.topic_id == topic_id)
    }


def _least(through: Mapping[int, int], partitions: int | None) -> int:
    return min(through.get(number, 0) for number in range(partitions or 1))


def _waits_for_relay(lag: Lag, published: int) -> bool:
    return lag.facts > 0 and lag.applied >= published


def _cause(roles: Mapping[str, Sequence[RoleStanding]], role: str, lag: Lag | None) -> str | None:
    """What is wrong with all processes that have the role, where something waits for them."""
    if lag is None or not lag.facts or role not in roles:
        return None
    wrong = [standing.wrong for standing in roles[role]]
    return next((text for text in wrong if text), None) if all(wrong) else None
