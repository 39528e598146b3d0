"""Programs for children: what reads facts one by one, and what keeps them. They load next to nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any


def facts(count: int) -> Iterator[Any]:
    return (json.loads(f'{{"id":"{number}","person_id":"{number:032x}","hours":[1,2,3]}}') for number in range(count))


def reads(count: int) -> int:
    return sum(1 for _ in facts(count))


def keeps(count: int) -> int:
    return len(list(facts(count)))


def has_a_worker_that_keeps(count: int) -> int:
    """As a rebuild's workers: started by the child, gone before it answers."""
    command = [sys.executable, "-m", "tests.benchmarks.keeping", str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout)


if __name__ == "__main__":
    print(keeps(int(sys.argv[1])))
