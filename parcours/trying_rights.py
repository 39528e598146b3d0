"""`parcours up --keys`: a suite on a laptop that asks for tokens, and tokens to ask it with."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_urlsafe
from time import time

from parcours.demo.tokens import demo_tokens
from parcours.laptop_keys import AUDIENCE, ISSUER, laptop_keys, write_tokens
from shared.process.settings import Settings, SettingsError
from shared.rights.caller import LOCAL, Caller
from shared.web.callers import Callers

LASTING_S = 12 * 3_600
"""A day's work; `parcours token` makes others."""


@dataclass(frozen=True, slots=True)
class WithOwnClient:
    """Callers by their tokens; and this process's own client, which posts the demonstration, as the local caller.
    `secret` is made when the process starts, and leaves it never."""

    others: Callers
    secret: str

    def caller(self, authorization: str | None) -> Caller:
        if hmac.compare_digest((authorization or "").encode(), f"Bearer {self.secret}".encode()):
            return LOCAL
        return self.others.caller(authorization)


def with_laptop_keys(settings: Settings, announce: Callable[[str], None]) -> Settings:
    """Settings with keys of this machine's own; a token for each role is written beside them. Raise SettingsError,
    KeysError."""
    if settings.jwt_keys is not None:
        raise SettingsError("--keys makes keys of its own: leave PARCOURS_JWT_KEYS unset, or start without --keys")
    keys = laptop_keys(settings.data_dir)
    written = write_tokens(keys, demo_tokens(), int(time()), LASTING_S)
    announce(f"asks for tokens; one for each role, for 12 hours, is in {keys.folder / 'tokens'}: {', '.join(written)}")
    announce(f'for instance: export PARCOURS_TOKEN="$(cat {written["structure"]})"; more with `parcours token`')
    return settings.model_copy(update={"jwt_keys": str(keys.public), "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE})


def own_client(callers: Callers) -> WithOwnClient:
    return WithOwnClient(callers, token_urlsafe(32))
