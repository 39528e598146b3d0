"""Lives drawn by a seed, told day after day and lawful as far as the naive implementation can tell; and their least part
on which two implementations disagree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from tests.oracle.agrements import Agrement, file_of, is_suspended_on
from tests.oracle.history import Fact, History, fact, settled
from tests.oracle.law import LIFTED, latest_suspension_end
from tests.oracle.months import DAY

KINDS = {"A": "ACI", "B": "EI", "C": "AI", "D": "ETTI", "G": "GEIQ"}

CORRECTED = {
    "agrement.agrement_granted": ("starts_on",),
    "agrement.start_moved": ("starts_on", "moved_on"),
    "agrement.suspended": ("starts_on", "ends_on"),
    "agrement.suspension_changed": ("ends_on", "changed_on"),
    "agrement.suspension_removed": ("removed_on",),
    "agrement.prolonged": ("ends_on",),
    "agrement.agrement_closed": ("closed_on",),
}
"""What is said of an agrément, and the days of it that may be corrected."""

ACTS = ("hire", "suspend", "change", "move", "hire moved", "close", "prolong", "void", "correct", "late hire")


class Life:
    """One person; `acts`: what may happen, each as often as it is named."""

    def __init__(self, seed: int, acts: tuple[str, ...], first: date = date(2023, 3, 1)) -> None:
        self.random = Random(seed)
        self.history: History = []
        self.today = first + timedelta(days=self.random.randrange(400))
        self.count = 0
        self._grant("P")
        for _ in range(self.random.randrange(2, 11)):
            self.today += timedelta(days=self.random.choice([0, 1, 3, 10, 20, 45, 90]))
            getattr(self, "_" + self.random.choice(acts).replace(" ", "_"))()

    # Helpers

    def _say(self, kind: str, name: str | None = None, **fields: object) -> None:
        self.count += 1
        replaces = fields.pop("replaces", None)
        said = fields.pop("said", self.today)
        hour = 6 + self.count % 12
        self.history.append(fact(kind, said, name or f"f{self.count:02}", replaces, hour, **fields))  # type: ignore[arg-type]

    def _day(self, first: int, last: int) -> date:
        return self.today + timedelta(days=self.random.randint(first, last))

    def _file(self) -> dict[str, Agrement]:
        return file_of(self.history, KINDS)

    def _standing(self, kind: str) -> History:
        return [one for one in settled(self.history) if one["type"] == kind]

    def _last_siae(self) -> tuple[str, date] | None:
        return last_siae(self.history, self.today)

    # What may happen

    def _grant(self, name: str) -> None:
        starts_on = self._day(-20, 100)
        end = starts_on + timedelta(days=self.random.choice([200, 364, 729])) if self.random.random() < 0.4 else None
        self._say(
            "agrement.agrement_granted",
            f"grant {name}",
            agrement_id=name,
            origin="ai_stock",
            granted_on=self.today,
            starts_on=starts_on,
            initial_ends_on=end,
        )

    def _hire(self, said: date | None = None) -> None:
        structure = self.random.choice("AABBCDG")
        contract = f"c{self.count + 1}"
        self._say(
            "pathways.hired",
            contract_id=contract,
            structure_id=structure,
            contract_type="CDDI",
            starts_on=self._day(-60, 90),
            said=said or self.today,
        )

    def _takeover(self) -> None:
        """Another SIAE says that it hired from the day on which a suspension began."""
        running = [it for one in self._file().values() for it in one["suspensions"].values()]
        if running:
            suspension = self.random.choice(running)
            structure = self.random.choice([one for one in "ABCD" if one != suspension["structure_id"]])
            contract = f"c{self.count + 1}"
            self._say(
                "pathways.hired",
                contract_id=contract,
                structure_id=structure,
                contract_type="CDDI",
                starts_on=suspension["starts_on"],
            )

    def _takeover_undone(self) -> None:
        """Who took over suspends in turn, and was mistaken about the hire: two suspensions run at once. A third one hires."""
        before = len(self.history)
        self._takeover()
        if len(self.history) == before:
            return
        taken_over = self.history[-1]
        self.today += DAY
        self._suspend()
        self.today += 2 * DAY
        self._say("pathways.fact_voided", fact_id=taken_over["id"], voided_on=self.today, reason="mistake")
        contract = {"contract_id": f"c{self.count + 1}", "structure_id": "G" if self.random.random() < 0.2 else "D"}
        self._say("pathways.hired", **contract, contract_type="CDDI", starts_on=self.today)

    def _late_hire(self) -> None:
        """Said some time ago, and known here only now."""
        self._hire(self._day(-120, -1))

    def _void(self) -> None:
        hires = self._standing("pathways.hired")
        if hires:
            self._say(
                "pathways.fact_voided", fact_id=self.random.choice(hires)["id"], voided_on=self.today, reason="mistake"
            )

    def _correct(self) -> None:
        """A hire said again, with another day."""
        hires = self._standing("pathways.hired")
        if hires:
            one = self.random.choice(hires)
            data = {**one["data"], "starts_on": one["data"]["starts_on"] + timedelta(days=self.random.randint(-30, 30))}
            self._say("pathways.hired", replaces=one["id"], **data)

    def _correct_own(self) -> None:
        """Anything said of the agrément said again with another day, be it corrected or voided already."""
        own = [one for one in self.history if one["type"] in CORRECTED]
        if not own:
            return
        one = self.random.choice(own)
        data = {key: value for key, value in one["data"].items() if value is not None}
        key = self.random.choice([key for key in CORRECTED[one["type"]] if key in data])
        data[key] += timedelta(days=self.random.randint(-8, 8))
        said_again = fact(one["type"], self.today, "again", one["id"], **data)
        if _is_lawful(said_again, [it for it in self.history if it is not one]):
            self._say(one["type"], replaces=one["id"], **data)

    def _void_own(self) -> None:
        own = [one for one in self._standing_all() if one["type"] != "agrement.agrement_granted"]
        if own:
            self._say(
                "agrement.fact_voided", fact_id=self.random.choice(own)["id"], voided_on=self.today, reason="mistake"
            )

    def _restore(self) -> None:
        """A void of a void."""
        voids = [one for one in self.history if "voided" in one["type"]]
        if voids:
            one = self.random.choice(voids)
            self._say(one["type"], fact_id=one["id"], voided_on=self.today, reason="mistake")

    def _standing_all(self) -> History:
        return [one for one in settled(self.history) if one["type"] in CORRECTED]

    def _hire_moved(self) -> None:
        future = [one for one in self._standing("pathways.hired") if one["data"]["starts_on"] > self.today]
        moved = {one["data"]["contract_id"] for one in self._standing("pathways.contract_changed")}
        future = [one for one in future if one["data"]["contract_id"] not in moved]
        if future:
            data = self.random.choice(future)["data"]
            self._say(
                "pathways.contract_changed",
                contract_id=data["contract_id"],
                changed_on=self.today,
                starts_on=max(data["starts_on"] + timedelta(days=self.random.randint(-40, 40)), self.today + DAY),
            )

    def _suspend(self) -> None:
        last, file = self._last_siae(), self._file()
        if last is None:
            return
        structure, hired_on = last
        for name, one in file.items():
            if not one["starts_on"] <= self.today <= one["ends_on"] or is_suspended_on(one, self.today):
                continue
            if one["closed_on"] is not None:
                continue
            past = [it["ends_on"] + DAY for it in one["suspensions"].values() if it["ends_on"] < self.today]
            earliest = max(
                [*past, one["starts_on"], self.today - 365 * DAY]
                if past
                else [hired_on, one["starts_on"], self.today - 365 * DAY]
            )
            if earliest > self.today:
                continue
            starts_on = max(earliest, self._day(-40, 0))
            latest = latest_suspension_end(starts_on, self.today)
            ends_on = starts_on + timedelta(days=self.random.choice([0, 5, 40, 150, 400]))
            later = [it["starts_on"] - DAY for it in one["suspensions"].values() if it["starts_on"] > self.today]
            ends_on = min([ends_on, latest, *later])
            is_open = not later and self.random.random() < 0.15
            reason = self.random.choice([it for it in LIFTED if it != "CONTRAT_PASSERELLE" or structure in "AB"])
            self._say(
                "agrement.suspended",
                agrement_id=name,
                suspension_id=f"S{self.count + 1}",
                structure_id=structure,
                reason=reason,
                starts_on=starts_on,
                ends_on=None if is_open else ends_on,
                declared_on=self.today,
            )
            return

    def _change(self) -> None:
        last = self._last_siae()
        for name, one in self._file().items():
            for suspension, it in one["suspensions"].items():
                if last is None or last[0] != it["structure_id"] or not it["starts_on"] <= self.today <= it["ends_on"]:
                    continue
                ids = {"agrement_id": name, "suspension_id": suspension, "structure_id": last[0]}
                how = self.random.choice(["end", "back", "remove"])
                if how == "remove":
                    self._say("agrement.suspension_removed", **ids, removed_on=self.today)
                elif how == "end":
                    end = min(self._day(-20, 200), latest_suspension_end(it["starts_on"], self.today))
                    later = [
                        its["starts_on"] - DAY
                        for its in one["suspensions"].values()
                        if its["starts_on"] > it["ends_on"]
                    ]
                    self._say(
                        "agrement.suspension_changed",
                        **ids,
                        changed_on=self.today,
                        ends_on=max(min([end, *later]), it["starts_on"]),
                    )
                elif it["starts_on"] < self.today < it["ends_on"]:
                    self._say("agrement.suspension_changed", **ids, changed_on=self.today, back_on=self.today)
                return

    def _move(self) -> None:
        for name, one in self._file().items():
            spans = [*one["suspensions"].values(), *one["prolongations"].values()]
            new = one["starts_on"] + timedelta(days=self.random.randint(-30, 40))
            is_future = one["starts_on"] > self.today and one["closed_on"] is None
            if is_future and new > self.today and not any(new > it["starts_on"] for it in spans):
                self._say("agrement.start_moved", agrement_id=name, moved_on=self.today, starts_on=new, cause="asked")
                return

    def _close(self) -> None:
        for name, one in self._file().items():
            if (
                one["closed_on"] is None
                and one["starts_on"] < self.today <= one["ends_on"]
                and self.random.random() < 0.5
            ):
                self._say(
                    "agrement.agrement_closed",
                    agrement_id=name,
                    closed_on=self.today,
                    reason="left",
                    author_kind="staff",
                )
                return

    def _again(self) -> None:
        """Years later, a second agrément."""
        file = self._file()
        if len(file) == 1 and not self._standing("agrement.agrement_cancelled"):
            self.today = max(self.today, file["P"]["ends_on"] + timedelta(days=self.random.randint(21, 400)))
            self._grant("Q")

    def _prolong(self) -> None:
        for name, one in self._file().items():
            if one["closed_on"] is None and not is_suspended_on(one, self.today) and not one["prolongations"]:
                self._say(
                    "agrement.prolonged",
                    agrement_id=name,
                    prolongation_id=f"L{self.count + 1}",
                    reason="COMPLETE_TRAINING",
                    structure_id="A",
                    starts_on=one["ends_on"],
                    ends_on=one["ends_on"] + timedelta(days=self.random.choice([1, 30, 365])),
                    declared_on=self.today,
                )
                return


def smallest(history: History, disagree: Callable[[History], object]) -> History:
    """What is left when no fact can be taken away without the disagreement going too."""
    shrunk = True
    while shrunk:
        shrunk = False
        for one in reversed(history):
            rest = [it for it in history if it is not one]
            if is_whole(rest) and disagree(rest):
                history, shrunk = rest, True
    return history


def is_whole(history: History) -> bool:
    """Whether what facts name is there, and each was lawful when it came."""
    return _names_what_is_there(history) and all(_is_lawful(one, history[:place]) for place, one in enumerate(history))


def _is_lawful(one: Fact, before: History) -> bool:
    if one["type"] not in (
        "agrement.suspended",
        "agrement.agrement_closed",
        "agrement.prolonged",
        "agrement.start_moved",
    ):
        return True
    data, agrement = one["data"], file_of(before, KINDS).get(one["data"]["agrement_id"])
    if agrement is None or agrement["closed_on"] is not None:
        return False
    if one["type"] == "agrement.agrement_closed":
        return bool(agrement["starts_on"] < data["closed_on"] <= agrement["ends_on"])
    if one["type"] == "agrement.prolonged":
        return bool(agrement["ends_on"] == data["starts_on"])
    if one["type"] == "agrement.start_moved":
        return bool(data["moved_on"] < agrement["starts_on"])
    last, said_on = last_siae(before, data["declared_on"]), data["declared_on"]
    ends_on = data.get("ends_on") or latest_suspension_end(data["starts_on"], said_on)
    others = agrement["suspensions"].values()
    return (
        last is not None
        and last[0] == data["structure_id"]
        and agrement["starts_on"] <= data["starts_on"] <= ends_on
        and agrement["starts_on"] <= said_on <= agrement["ends_on"]
        and not any(it["starts_on"] <= ends_on and data["starts_on"] <= it["ends_on"] for it in others)
    )


def last_siae(history: History, on: date) -> tuple[str, date] | None:
    """The SIAE of the last hire that has begun, and its day; None where two began on that day."""
    starts = {}
    for one in settled(history):
        data = one["data"]
        if one["type"] == "pathways.hired":
            starts[data["contract_id"]] = (data["starts_on"], data["structure_id"])
        if one["type"] == "pathways.contract_changed" and data["contract_id"] in starts:
            starts[data["contract_id"]] = (data["starts_on"], starts[data["contract_id"]][1])
    past = [it for it in starts.values() if it[0] <= on and KINDS[it[1]] != "GEIQ"]
    if not past:
        return None
    here = [it for it in past if it[0] == max(it[0] for it in past)]
    return (here[0][1], here[0][0]) if len(here) == 1 else None


def _names_what_is_there(history: History) -> bool:
    ids = {one["id"] for one in history}
    named = {value for one in history for key, value in one["data"].items() if key in ("agrement_id", "suspension_id")
             if one["type"] in ("agrement.agrement_granted", "agrement.suspended")}  # fmt: skip
    contracts = {one["data"]["contract_id"] for one in history if one["type"] == "pathways.hired"}
    for one in history:
        data = one["data"]
        if "voided" in one["type"] and data["fact_id"] not in ids:
            return False
        if one["replaces"] and one["replaces"] not in ids:
            return False
        if any(data.get(key) and data[key] not in named for key in ("agrement_id", "suspension_id")):
            return False
        if one["type"] == "pathways.contract_changed" and data["contract_id"] not in contracts:
            return False
    return any(one["type"] == "agrement.agrement_granted" for one in history)
