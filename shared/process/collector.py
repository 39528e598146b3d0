"""How Python's cyclic collector is set in every process of ours."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Nearly all that we make is freed without the collector, which would walk what stays again and again."""
    gc.set_threshold(50_000, 20, 20)
