"""Placements with clients and the hours of each month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from parcours.demo.bodies import Client, clients
from parcours.demo.contracts import Contract
from parcours.demo.journal import DAY, days
from parcours.demo.lives import Person, Stage
from shared.facts.months import months_after, span_end

WEEKS_IN_MONTH = 4.345
CAPPED_HOURS = 420.0
"""Of one person with capped clients, over the three years: below the 480 of the law, however it is counted."""

CLIENTS_OF_AN_AI = {
    "household": 47, "nonprofit": 14, "local_authority": 14, "company": 18, "public_administrative": 4, "public_industrial": 3,
}  # fmt: skip
MONTHLY_HOURS = {"ACI": 0.84, "EI": 0.86, "ETTI": 0.82, "OASP": 0.92, "GEIQ": 0.95, "COMPANY": 1.0}
"""Hours worked as a share of the contract's: absences and days between missions leave some out."""


@dataclass(slots=True)
class Ledger:
    """Writes a person's hours; keeps what counts against the cap."""

    person: Person
    capped: float = 0.0
    entries: int = 0
    placements: int = 0
    clients: list[Client] = field(default_factory=clients)

    def write(self, stage: Stage, contracts: list[Contract]) -> None:
        for contract in contracts:
            if stage.body.kind == "AI":
                self._lend(stage, contract)
            elif stage.body.kind == "ETTI":
                self._mission(stage, contract)
            else:
                self._in_house(stage, contract)
        months = dict(KEPT_ON).get(self.person.number)
        if stage.body.kind == "EI" and months is not None:
            self._bridge(stage, contracts, months)

    def _in_house(self, stage: Stage, contract: Contract) -> None:
        per_month = (contract.weekly_hours or 30) * WEEKS_IN_MONTH * MONTHLY_HOURS[stage.body.kind]
        is_home_help = stage.body.kind == "OASP"
        for first, last in _months(contract.starts_on, contract.last_day):
            mode = None if is_home_help and self.person.rng.random() < 0.3 else "provision"
            self._enter(stage, first, last, per_month, {"contract_id": contract.id, "mode": mode})

    def _mission(self, stage: Stage, contract: Contract) -> None:
        client = self.person.rng.choice([c for c in self.clients if c.kind == "company"])
        placement = self._agree(stage, contract, client, None, contract.starts_on, contract.planned_ends_on)
        self._end(stage, placement, contract.ends_on)
        per_month = (contract.weekly_hours or 35) * WEEKS_IN_MONTH * MONTHLY_HOURS["ETTI"]
        for first, last in _months(contract.starts_on, contract.last_day):
            data = {"contract_id": contract.id, "placement_id": placement, "mode": "placement"}
            self._enter(stage, first, last, per_month, data)

    def _lend(self, stage: Stage, contract: Contract) -> None:
        """An association lends the person to one client a contract, now and then to a second one beside."""
        beyond = self.person.number in OVER_THE_CAP and self.capped < NOTICED_AT
        client = self._client("company" if beyond else None)
        per_month = 118.0 if beyond else self.person.rng.triangular(16, 95, 36)
        length = (contract.last_day - contract.starts_on).days + 1
        planned = None if beyond else round(per_month * length / 30.4)
        self.capped += per_month * length / 30.4 if beyond else 0
        if client.is_capped and not beyond:
            if self.capped + (planned or 0) * 1.2 > CAPPED_HOURS:
                client = self._client("household")
            else:
                self.capped += (planned or 0) * 1.2
        placement = self._agree(stage, contract, client, planned, contract.starts_on, contract.planned_ends_on)
        self._shorten(stage, contract, placement)
        self._end(stage, placement, contract.ends_on)
        for first, last in _months(contract.starts_on, contract.last_day):
            data = {"contract_id": contract.id, "placement_id": placement, "mode": "placement"}
            self._enter(stage, first, last, per_month, data)

    def _shorten(self, stage: Stage, contract: Contract, placement: str) -> None:
        """Where the contract was left early, some had agreed so with the client a week before."""
        if contract.ends_on is None or contract.ends_on == contract.planned_ends_on or self.person.number % 3:
            return
        changed_on = max(contract.starts_on, contract.ends_on - days(7))
        data = {"placement_id": placement, "changed_on": changed_on, "ends_on": contract.ends_on}
        self.person.journal.write(stage.body.source, "placements.placement_changed", changed_on, data)

    def _bridge(self, stage: Stage, contracts: list[Contract], months: int) -> None:
        """After some months an EI lends the person to the employer who may keep them (contrat passerelle)."""
        starts_on = months_after(stage.starts_on, 5) + days(3)
        contract = next((c for c in contracts if c.starts_on <= starts_on <= c.last_day), None)
        if contract is None:
            return
        ends_on = min(months_after(starts_on, months), contracts[-1].last_day)
        client = next(c for c in self.clients if c.key == "menuiserie")
        placement = self._agree(stage, contract, client, None, starts_on, ends_on, purpose="bridge")
        self._end(stage, placement, ends_on)

    def _client(self, kind: str | None) -> Client:
        rng = self.person.rng
        if any(stage.body.key == "menuiserie" for stage in self.person.stages) and kind is None:
            return next(c for c in self.clients if c.key == "menuiserie")
        kind = kind or rng.choices(list(CLIENTS_OF_AN_AI), list(CLIENTS_OF_AN_AI.values()))[0]
        goes_home = any(stage.body.kind == "OASP" for stage in self.person.stages)
        if kind == "household" and goes_home and rng.random() < 0.7:
            return next(c for c in self.clients if c.key == "a-domicile")
        return rng.choice([c for c in self.clients if c.kind == kind])

    def _agree(
        self,
        stage: Stage,
        contract: Contract,
        client: Client,
        planned: float | None,
        starts_on: date,
        ends_on: date | None,
        purpose: str = "assignment",
    ) -> str:
        self.placements += 1
        placement = self.person.an_id("placement", self.placements)
        data = {
            "placement_id": placement,
            "structure_id": stage.body.id,
            "client_id": client.id,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "planned_hours": planned,
            "contract_id": contract.id,
            "occupation_code": contract.occupation,
            "purpose": purpose,
        }
        self.person.journal.write(stage.body.source, "placements.placement_agreed", starts_on, data)
        return placement

    def _end(self, stage: Stage, placement: str, ends_on: date | None) -> None:
        if ends_on is not None:
            ended = {"placement_id": placement, "ended_on": ends_on, "cause": "term"}
            known_on = ends_on + timedelta(days=self.person.rng.randint(1, 8))
            self.person.journal.write(stage.body.source, "placements.placement_ended", known_on, ended)

    def _enter(self, stage: Stage, first: date, last: date, per_month: float, data: Mapping[str, str | None]) -> None:
        """Hours of the days `first` to `last` of one month, known early in the next one."""
        rng = self.person.rng
        share = ((last - first).days + 1) / 30.4
        hours = round(per_month * share * rng.uniform(0.85, 1.15) * 4) / 4
        if hours <= 0:
            return
        self.entries += 1
        is_whole = first.day == 1 and (last + DAY).day == 1
        entry = {
            "entry_id": self.person.an_id("hours", self.entries),
            "structure_id": stage.body.id,
            "month": f"{first:%Y-%m}",
            "hours": hours,
            "from_day": None if is_whole else first,
            "to_day": None if is_whole else last,
            **data,
        }
        known_on = months_after(first.replace(day=1), 1) + timedelta(days=rng.randint(2, 7))
        if (self.person.number, self.entries) == TYPED_WRONG:
            typed = {**entry, "hours": hours + 500}
            name = self.person.journal.write(stage.body.source, "placements.hours_worked", known_on, typed)
            self.person.journal.write(
                stage.body.source, "placements.hours_worked", known_on + days(20), entry, replaces=name
            )
            return
        name = self.person.journal.write(stage.body.source, "placements.hours_worked", known_on, entry)
        if self.entries == 3 and self.person.number % 20 == 7:
            corrected = {**entry, "hours": hours + 7}
            self.person.journal.write(
                stage.body.source, "placements.hours_worked", known_on + days(16), corrected, replaces=name
            )


KEPT_ON = (77, 4), (39, 2), (219, 2), (251, 2)
"""Persons whom the EI lends to an employer who may keep them, and for how many months: one of them for too long."""

TYPED_WRONG = (116, 5)
"""A person, and which entry of hours was mistyped: for three weeks the cap seemed passed."""

NOTICED_AT = 500.0
"""Hours with companies after which somebody looked, and found other clients."""

OVER_THE_CAP = frozenset({15, 24})
"""Persons who worked more with companies than the cap allows: nobody had planned the hours."""


def _months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The span, cut at the ends of months."""
    while first <= last:
        end = span_end(first.replace(day=1), 1)
        yield first, min(end, last)
        first = end + DAY
