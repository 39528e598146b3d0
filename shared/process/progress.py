"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called now and then with how much is done, and of how much. Facts of a log are told by how many were sent, and the
sequence of the last."""
