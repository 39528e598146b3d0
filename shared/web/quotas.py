"""How much one caller may ask in a minute, and at once, so that the others are served. Each process counts what it is asked
itself."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import ceil
from time import monotonic

import structlog

from shared.deciding.refusals import DomainError
from shared.process.current_request import CurrentRequest, current_request
from shared.rights.caller import Caller
from shared.web.callers import Callers

log = structlog.get_logger(__name__)

MINUTE_S = 60.0
HOUR_S = 3_600.0
MOST_NAMES = 10_000
"""Callers, and sources, that are kept in mind; who has not asked for longest is forgotten first."""


class TooManyError(DomainError):
    """More than one caller may ask in some time; `wait_s`: until it may again."""

    status = 429

    def __init__(self, wait_s: float, **most: int) -> None:
        super().__init__(**most)
        self.retry_after_s = max(ceil(wait_s), 1)


class QuotaExceededError(TooManyError):
    """`most_requests` or `most_facts`: how many in a minute. Nothing of the request was looked at further."""

    code = "quota_exceeded"
    title = "More than one caller may send in a minute; send the same request again later"
    title_fr = "Plus que ce qu'un appelant peut envoyer en une minute ; renvoyez la même demande plus tard"
    instead = (
        "[At most {most_requests:request} a minute.|At most {most_facts:fact} a minute.|Send less in a minute.]"
        " Wait as long as `Retry-After` says."
    )
    instead_fr = (
        "[Au plus {most_requests:demande} par minute.|Au plus {most_facts:fait} par minute.|Envoyez-en moins par minute.]"
        " Attendez la durée indiquée par « Retry-After »."
    )


class TooManyAtOnceError(TooManyError):
    """`most_at_once`: requests of one caller under way. Nothing of this one was looked at."""

    code = "too_many_at_once"
    title = (
        "More requests of one caller are under way than it may have at once; send this one again when one is answered"
    )
    title_fr = (
        "Trop de demandes simultanées d'un même appelant ; renvoyez celle-ci quand une autre aura reçu sa réponse"
    )
    instead = "[At most {most_at_once:request} at once.|Send fewer at once.] Wait as long as `Retry-After` says."
    instead_fr = (
        "[Au plus {most_at_once:demande} à la fois.|Envoyez-en moins à la fois.]"
        " Attendez la durée indiquée par « Retry-After »."
    )


class Quota:
    """So many in a minute for each name, 0: any number, a minute's worth at once. What is taken may go beyond that, so that a
    large batch is not cut; its name then waits until it is made up for.

    One number a name (the token bucket's other form, GCRA): until when what it took is paid for at the pace allowed.
    """

    def __init__(
        self,
        per_minute: int,
        now: Callable[[], float] = monotonic,
        most_names: int = MOST_NAMES,
        *,
        period_s: float = MINUTE_S,
    ) -> None:
        """`period_s`: in another time than a minute."""
        self.per_minute = per_minute
        self._period_s = period_s
        self._now = now
        self._most_names = most_names
        self._paid_at: OrderedDict[str, float] = OrderedDict()
        self._told: set[str] = set()
        # Most are counted on the event loop, some on threads that answer beside it.
        self._lock = threading.Lock()

    def take_one(self, name: str) -> float:
        """As `take`, of one, and never beyond: however many ask at once."""
        with self._lock:
            if not (wait_s := self.wait_s(name, more=1)):
                self._pay({name: 1})
        return wait_s

    def give_back(self, name: str) -> None:
        """One that was taken, and cost nothing after all."""
        with self._lock:
            if self.per_minute and name in self._paid_at:
                self._paid_at[name] -= self._period_s / self.per_minute

    def wait_s(self, *names: str, more: int = 0) -> float:
        """Seconds until all of these may take something; 0 where they may now. `more`: and so many without going beyond."""
        if not self.per_minute:
            return 0.0
        now = self._now()
        # Half a millisecond: what adds up to a minute in floating point may be a little less, or more.
        limit_s = self._period_s + (0.0005 if more else -0.0005)
        ahead = max((self._paid_at.get(name, now) for name in names), default=now) - now - limit_s
        ahead += more * self._period_s / self.per_minute
        return max(ahead, 0.0)

    def take(self, counts: Mapping[str, int]) -> float:
        """Take so many under each name, or nothing where one of them has to wait. Return for how long it has to."""
        if not self.per_minute:
            return 0.0
        with self._lock:
            if wait_s := self.wait_s(*counts):
                self._tell(counts)
                return wait_s
            self._pay(counts)
        return 0.0

    def _pay(self, counts: Mapping[str, int]) -> None:
        if not self.per_minute:
            return
        now = self._now()
        for name, count in counts.items():
            paid_at = max(self._paid_at.get(name, now), now)
            self._paid_at[name] = paid_at + count * self._period_s / self.per_minute
            self._paid_at.move_to_end(name)
            self._told.discard(name)
        while len(self._paid_at) > self._most_names:
            forgotten, _ = self._paid_at.popitem(last=False)
            self._told.discard(forgotten)

    def _tell(self, names: Iterable[str]) -> None:
        """Whoever runs the service, once until they may again."""
        for name in names:
            if name not in self._told and self.wait_s(name):
                self._told.add(name)
                log.warning("over_quota", of=name, per_minute=self.per_minute)


class AtOnce:
    """So many requests under way of each name, 0: any number. One that waits, or whose body comes slowly, costs its sender
    nothing and holds a place among all that are answered."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way: Counter[str] = Counter()
        self._told: set[str] = set()
        self._lock = threading.Lock()  # most begin and end on the event loop, some on threads that answer beside it

    def begin(self, name: str, request: CurrentRequest) -> None:
        """Until the request ends. Raise TooManyAtOnceError."""
        with self._lock:
            if self._most and self._under_way[name] >= self._most:
                self._tell(name)
                raise TooManyAtOnceError(1.0, most_at_once=self._most)
            self._under_way[name] += 1
        request.at_end = partial(self._end, name)

    def _end(self, name: str) -> None:
        with self._lock:
            self._under_way[name] -= 1
            if not self._under_way[name]:
                del self._under_way[name]
                self._told.discard(name)

    def _tell(self, name: str) -> None:
        """Whoever runs the service, once until nothing of it is under way."""
        if name not in self._told:
            self._told.add(name)
            log.warning("over_quota", of=name, at_once=self._most)


class MeteredCallers:
    """`callers`, each of whose requests counts, once; so many in a minute, and under way, 0: any number. A caller is what `sub`
    says; tokens without it are one caller where they name the same role, structures and groups. The local caller of a suite
    without keys has no quota."""

    def __init__(
        self, callers: Callers, per_minute: int, now: Callable[[], float] = monotonic, *, most_at_once: int = 0
    ) -> None:
        self._callers = callers
        self._quota = Quota(per_minute, now)
        self._at_once = AtOnce(most_at_once)

    def caller(self, authorization: str | None) -> Caller:
        """Raise UnauthorizedError, RoleUnknownError, QuotaExceededError, TooManyAtOnceError."""
        caller = self._callers.caller(authorization)
        request = current_request()
        # Outside of a request nothing is asked; within one, who calls may be asked several times.
        if request is not None and not request.is_counted and not caller.is_local:
            request.is_counted = True
            name = name_of(caller)
            if wait_s := self._quota.take({name: 1}):
                raise QuotaExceededError(wait_s, most_requests=self._quota.per_minute)
            self._at_once.begin(name, request)
        return caller


class FactQuota:
    """So many facts in a minute, 0: any number, of each caller, and of each source."""

    def __init__(self, per_minute: int = 0, now: Callable[[], float] = monotonic) -> None:
        self._quota = Quota(per_minute, now)

    def check(self, caller: Caller) -> None:
        """Before a body is read. Raise QuotaExceededError where the caller may send nothing now."""
        if wait_s := 0.0 if caller.is_local else self._quota.wait_s(name_of(caller)):
            raise QuotaExceededError(wait_s, most_facts=self._quota.per_minute)

    def take(self, caller: Caller, sources: Iterable[str]) -> None:
        """One for each event, well-formed or not. Raise QuotaExceededError."""
        if wait_s := 0.0 if caller.is_local else self._quota.take(_counts(caller, sources)):
            raise QuotaExceededError(wait_s, most_facts=self._quota.per_minute)

    async def wait_for(self, caller: Caller, sources: Iterable[str]) -> None:
        """As `take`, for a part of a stream: whoever sends waits, instead of being told to come again."""
        if caller.is_local:
            return
        counts = _counts(caller, sources)
        while wait_s := self._quota.take(counts):
            await asyncio.sleep(wait_s)


def source_of(item: object) -> str:
    """Of a parsed event; empty where it has none."""
    source = item.get("source") if isinstance(item, dict) else None
    return source if isinstance(source, str) else ""


def name_of(caller: Caller) -> str:
    """Under which name what it asks is counted: whom its issuer names, else all whom it speaks for."""
    if caller.sub:
        return f"sub {caller.sub}"
    return " ".join([caller.role, *sorted(caller.structures), *sorted(caller.groups)])


def _counts(caller: Caller, sources: Iterable[str]) -> dict[str, int]:
    """By caller, and by those of its sources that are named: of another's nobody takes anything."""
    named = Counter(sources)
    of_sources = {f"source {source}": count for source, count in named.items() if source in caller.sources}
    return {name_of(caller): named.total(), **of_sources}
