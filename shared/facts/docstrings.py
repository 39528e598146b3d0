"""What a class says of itself, the same under every Python."""

from __future__ import annotations

import inspect


def docstring(of: type) -> str:
    """Without the indentation of the source, which the compiler of 3.13 leaves out and earlier ones keep; it goes into
    the published contract, which must not change with the interpreter. Empty where there is none."""
    return inspect.cleandoc(of.__doc__ or "")
