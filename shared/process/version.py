"""The version of this code, as it was installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of


def version() -> str:
    try:
        return version_of("parcours")
    except PackageNotFoundError:  # run from a source tree nobody installed
        return "0+source"
