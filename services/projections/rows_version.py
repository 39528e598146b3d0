"""The number that orders what code reckons: raised by hand whenever rows or views may come out differently.

A read set records the version that made it. Code of a higher version makes its own read set and puts it in the place of
the old one; code of a lower version leaves alone what it finds (`read_sets/recipe.py`, ADR 0017). So the number must
only ever grow, in one line of history: to return to earlier rules, raise it again.

`rows_version.lock` holds the digest of all code that rows come from. When that changes, a test asks for a decision:
raise ROWS_VERSION, or state in the lock file that the rows stay what they were.
"""

ROWS_VERSION = 28
