"""A person under a pseudonym: who is shown that somebody may be ready is not told who.

It is keyed by a secret of the installation, so that nobody finds it by trying ids, and short: a person's id that begins
with sixteen zeros. The same person has the same one for as long as the key lives; no route finds anybody by it.
"""

from __future__ import annotations

PSEUDONYM = "(repeat('0', 16) || substr(encode(sha256((SELECT key FROM access.pseudonym_key) || uuid_send({})), 'hex'), 1, 16))::uuid"
"""SQL, of a column with a person's id."""
