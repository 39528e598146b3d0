"""Work spread over processes that end with the one that started them."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from typing import Any

from services.projections.folding.giving_way import step_back
from shared.process.collector import collect_seldom
from shared.process.parent import end_with_parent

LOOK_S = 1.0
"""How often the progress is told."""


def side_by_side(
    tasks: Sequence[tuple[Callable[..., Any], *tuple[Any, ...]]],
    workers: int,
    progress: Callable[[], None],
    done: Callable[[Any], None] = lambda result: None,
) -> None:
    """Run functions with their arguments, so many at a time. Raise what the first to fail raises; no other begins then.
    `done` is called here with what each returned, in the order in which they end.

    Processes are spawned, not forked: this one has threads and connections, which a fork would copy half-way.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin) as pool:
        waiting = {pool.submit(function, *values) for function, *values in tasks}
        try:
            while waiting:
                ended, waiting = wait(waiting, timeout=LOOK_S)
                for future in ended:
                    done(future.result())
                progress()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _begin() -> None:
    end_with_parent()
    step_back()
    # What is imported is never garbage, and a fold makes many objects that all live until its chunk is written.
    gc.freeze()
    collect_seldom()
