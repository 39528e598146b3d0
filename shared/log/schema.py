"""The SQL of one service's schema: statements stand beside the functions that send them, names are put in here."""

from __future__ import annotations

from psycopg import sql

LOCK_TIMEOUT_MS = 1_500
"""A writer that waits longer for its turn gives up while its callers still wait: they are promised 2 s."""


class Schema:
    """`{facts}`, `{intake}`, `{claims}`, `{deadlines}`, `{read_up_to}`, `{said}`,
    `{said_through}`, `{seal}`: the tables; `{intake_name}`, `{claims_name}`: some of them as text; `{channel}`: where commits are
    told; `{lock}`: the number of the service's advisory lock; `{lock_timeout}`."""

    def __init__(self, service: str) -> None:
        tables = ("facts", "intake", "claims", "deadlines", "read_up_to", "said", "said_through", "seal")
        self._names: dict[str, sql.Composable] = {name: sql.Identifier(service, name) for name in tables}
        self._names |= {
            "intake_name": sql.Literal(sql.Identifier(service, "intake").as_string()),
            "claims_name": sql.Literal(sql.Identifier(service, "claims").as_string()),
            "channel": sql.Identifier(channel_name(service)),
            "lock": sql.SQL("hashtextextended({}, 0)").format(sql.Literal(f"parcours {service}")),
            "lock_timeout": sql.Literal(f"{LOCK_TIMEOUT_MS}ms"),
        }
        self._formatted: dict[str, bytes] = {}

    def statement(self, text: str) -> bytes:
        """The text with the names put in; done once per text, since statements are few and each event sends some."""
        formatted = self._formatted.get(text)
        if formatted is None:
            formatted = self._formatted[text] = sql.SQL(text).format(**self._names).as_bytes()
        return formatted


def channel_name(service: str) -> str:
    """What to LISTEN to, to be woken by each commit of the service."""
    return f"{service}_facts"
