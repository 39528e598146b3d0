"""Numbers of agréments of several people, kept by hand (agrement.md §1: "A number is never used twice", and issue 10, 2)."""

from __future__ import annotations

from typing import Any

from tests.oracle.history import Fact, History, first, settled

PREFIX = "XXXXX"

Chain = tuple[str, str]
"""A grant with all its corrections: the person, and the fact that it began with."""


class Register:
    """What is recorded of each person, every number that was ever seen, and to whom one was given here, for ever."""

    def __init__(self) -> None:
        self.lives: dict[str, History] = {}
        self.seen: list[str] = []
        self.given: dict[str, Chain] = {}

    def numbers(self, person: str) -> list[str]:
        """Those that stand."""
        return sorted(one["data"]["number"] for one in self.standing(person))

    def standing(self, person: str) -> History:
        return [one for one in settled(self.lives.get(person, [])) if one["type"] == "agrement.agrement_granted"]

    def carriers(self, number: str) -> list[Chain]:
        people = self.lives
        return [
            self.chain(person, one)
            for person in people
            for one in self.standing(person)
            if one["data"]["number"] == number
        ]

    def chain(self, person: str, one: Fact) -> Chain:
        return person, first(one, self.lives[person])

    def record(self, person: str, one: Fact) -> bool:
        """Whether it is accepted; if so it is recorded, with its number."""
        before = {number: self.carriers(number) for number in self.seen}
        life = self.lives.setdefault(person, [])
        life.append(one)
        mine = self.chain(person, one)
        if one["type"] == "agrement.agrement_granted":
            kept = self.kept(person, one)
            asked: Any = one["data"].get("number")
            is_its_own = asked in (None, kept) or self.given.get(asked) == mine
            if not is_its_own and (asked in self.given or before.get(asked)):
                life.remove(one)
                return False
            number = asked or kept or self.next()
            if asked is None and kept is None:
                self.given[number] = mine
            one["data"]["number"] = number
            self.seen.append(number)
            return True
        # A void may bring back a number that is somebody else's by now.
        if any(len({*self.carriers(number)}) > 1 for number in self.seen):
            life.remove(one)
            return False
        return True

    def kept(self, person: str, one: Fact) -> str | None:
        """Of what stands of its chain; of nothing, the last one that it was given here."""
        others = [it for it in self.lives[person] if it is not one and it["type"] == "agrement.agrement_granted"]
        chained = [it for it in others if self.chain(person, it) == self.chain(person, one)]
        standing = [it for it in settled([it for it in self.lives[person] if it is not one]) if it in chained]
        if standing:
            return str(standing[0]["data"]["number"])
        given = [
            it["data"]["number"] for it in chained if self.given.get(it["data"]["number"]) == self.chain(person, one)
        ]
        return given[-1] if given else None

    def next(self) -> str:
        ours = [int(number.removeprefix(PREFIX)) for number in self.seen if number.startswith(PREFIX)]
        return f"{PREFIX}{max([0, *ours]) + 1:07}"
