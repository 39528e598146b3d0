"""Of those that wait for few places, nobody holds more than half, and names take turns."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.fair_turns import FairTurns

AT_ONCE = 4


async def until_quiet() -> None:
    """Until nobody has anything to do."""
    loop = asyncio.get_running_loop()
    for _ in range(20):
        turn = loop.create_future()
        loop.call_soon(turn.set_result, None)
        await turn


class Crowd:
    """Tasks that hold their place until they are let go."""

    def __init__(self) -> None:
        self.turns = FairTurns(AT_ONCE)
        self.order: list[str] = []
        self.having: Counter[str] = Counter()
        self._let_go: dict[asyncio.Task[None], asyncio.Event] = {}

    def come(self, name: str) -> asyncio.Task[None]:
        leave = asyncio.Event()
        task = asyncio.ensure_future(self._stay(name, leave))
        self._let_go[task] = leave
        return task

    async def _stay(self, name: str, leave: asyncio.Event) -> None:
        async with self.turns.turn(name):
            self.order.append(name)
            self.having[name] += 1
            try:
                await leave.wait()
            finally:
                self.having[name] -= 1

    async def let_go(self, *tasks: asyncio.Task[None]) -> None:
        for task in tasks or list(self._let_go):
            self._let_go[task].set()
        await until_quiet()


def test_one_name_has_half_of_the_places_and_another_comes_at_once() -> None:
    async def told() -> None:
        crowd = Crowd()
        for _ in range(40):
            crowd.come("many")
        await until_quiet()
        assert crowd.having == {"many": 2}
        crowd.come("one")
        await until_quiet()
        assert crowd.order[-1] == "one"
        for _ in range(50):
            await crowd.let_go()
        assert len(crowd.order) == 41

    asyncio.run(told())


def test_names_that_wait_take_turns() -> None:
    async def told() -> None:
        crowd = Crowd()
        first = [crowd.come(name) for name in ("a", "a", "b", "b")]
        await until_quiet()
        for name in ("c", "c", "c", "d", "e"):
            crowd.come(name)
        await crowd.let_go(*first)
        assert crowd.order[4:] == ["c", "d", "e", "c"]
        await crowd.let_go()
        await crowd.let_go()
        assert len(crowd.order) == 9

    asyncio.run(told())


@pytest.mark.parametrize("gives_up", ["while it waits", "with its place"])
def test_who_gives_up_takes_nobodys_place(gives_up: str) -> None:
    async def told() -> None:
        crowd = Crowd()
        tasks = [crowd.come(name) for name in ("a", "a", "b", "b", "c")]
        await until_quiet()
        gone = tasks[4] if gives_up == "while it waits" else tasks[0]
        gone.cancel()
        await until_quiet()
        assert crowd.having == ({"a": 2, "b": 2} if gives_up == "while it waits" else {"a": 1, "b": 2, "c": 1})
        crowd.come("d")
        await crowd.let_go()
        await crowd.let_go()
        assert crowd.order[-1] == "d"
        assert crowd.having.total() == 0

    asyncio.run(told())


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["come", "go", "cancel"]), st.integers(0, 9)), max_size=60
    )
)
def test_in_any_order_nobody_has_too_much_and_everybody_comes(steps: list[tuple[str, str, int]]) -> None:
    async def told() -> None:
        crowd = Crowd()
        tasks: list[asyncio.Task[None]] = []
        for name, step, which in steps:
            if step == "come":
                tasks.append(crowd.come(name))
            elif tasks:
                task = tasks[which % len(tasks)]
                if step == "go":
                    await crowd.let_go(task)
                else:
                    task.cancel()
            await until_quiet()
            waiting = Counter(task for task in tasks if not task.done())
            assert crowd.having.total() <= AT_ONCE
            assert max(crowd.having.values(), default=0) <= AT_ONCE // 2
            assert crowd.having.total() > 0 or not waiting
        await crowd.let_go()
        assert all(task.done() for task in tasks)

    asyncio.run(told())
