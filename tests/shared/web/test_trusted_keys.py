"""Keys that change while tokens are asked about: an issuer takes new ones, and takes old ones away."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from shared.process.unavailable import UnavailableError
from shared.web.callers import TokenCallers
from shared.web.keys import KeyLocation
from shared.web.problems import UnauthorizedError
from shared.web.trusted_keys import AGAIN_S, KEYS_LIVE_S, KEYS_SERVE_S, TrustedKeys
from tests.parts.waiting import wait_until
from tests.shared.events import NOW
from tests.shared.web.test_callers import Clock, Keys, bearer, public

LONG_S = 60.0
"""For what is read here a moment is as long as it takes."""
OLD, NEW = (ECKey.generate_key("P-256", {"kid": kid}) for kid in ("old", "new"))
NOW_S = NOW.timestamp()


def token(key: Any, alg: str = "ES256", **header: Any) -> str:
    claims = {"exp": NOW_S + 100_000, "role": "ops", "sub": "somebody"}
    return bearer(jwt.encode({"alg": alg, **header}, claims, key, algorithms=[alg]))


def of(key: Any) -> str:
    return token(key, kid=key.kid)


def test_who_was_let_in_by_a_key_that_is_taken_away_is_so_no_more_however_often_it_asks() -> None:
    clock, keys = Clock(), Keys(OLD, NEW)
    callers = TokenCallers(keys, now=clock, moment_s=LONG_S)
    by_old, by_new = of(OLD), of(NEW)
    for text in (by_old, by_new):
        callers.caller(text)
    keys.keys = (NEW,)
    clock.now += KEYS_LIVE_S
    # Whoever comes first has the keys read again, for everybody.
    callers.caller(by_new)
    for _ in range(3):
        with pytest.raises(UnauthorizedError):
            callers.caller(by_old)
    callers.caller(by_new)


def test_the_last_key_taken_away_holds_for_nobody(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "keys.json"
    path.write_text(json.dumps(public(OLD)), encoding="utf-8")
    callers = TokenCallers(KeyLocation(str(path)).read_or_unavailable, now=clock, moment_s=LONG_S)
    callers.caller(of(OLD))
    path.write_text(json.dumps({"keys": []}), encoding="utf-8")
    clock.now += KEYS_LIVE_S
    for _ in range(2):
        with pytest.raises(UnauthorizedError):
            callers.caller(of(OLD))


def removed(path: Path) -> None:
    path.unlink()


def unreadable(path: Path) -> None:
    path.unlink()
    path.mkdir()


def half_written(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8")[:40], encoding="utf-8")


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def too_deep(path: Path) -> None:
    path.write_text('{"keys": ' + "[" * 100_000, encoding="utf-8")


def no_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


def no_set(path: Path) -> None:
    path.write_text("[]", encoding="utf-8")


@pytest.mark.parametrize("spoil", [removed, unreadable, half_written, emptied, too_deep, no_text, no_set])
def test_a_file_that_cannot_be_read_takes_nobody_away_for_a_while(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    clock, path = Clock(), tmp_path / "keys.json"
    path.write_text(json.dumps(public(OLD)), encoding="utf-8")
    callers = TokenCallers(KeyLocation(str(path)).read_or_unavailable, now=clock, moment_s=LONG_S)
    callers.caller(of(OLD))
    spoil(path)
    clock.now += KEYS_LIVE_S
    callers.caller(of(OLD))
    clock.now += KEYS_SERVE_S
    with pytest.raises(UnavailableError):
        callers.caller(of(OLD))
    # Replaced as a whole, by a set with another key.
    if path.is_dir():
        path.rmdir()
    whole = tmp_path / "whole.json"
    whole.write_text(json.dumps(public(NEW)), encoding="utf-8")
    os.replace(whole, path)
    clock.now += AGAIN_S
    callers.caller(of(NEW))
    with pytest.raises(UnauthorizedError):
        callers.caller(of(OLD))


def test_two_keys_of_one_name_both_hold_while_one_takes_the_others_place() -> None:
    first, second = (ECKey.generate_key("P-256", {"kid": "signing"}) for _ in range(2))
    other_kind = RSAKey.generate_key(2048, {"kid": "signing"})
    stranger = ECKey.generate_key("P-256", {"kid": "signing"})
    callers = TokenCallers(Keys(first, other_kind, second), now=Clock(), moment_s=LONG_S)
    for text in (of(first), of(second), token(other_kind, "RS256", kid="signing")):
        callers.caller(text)
    with pytest.raises(UnauthorizedError):
        callers.caller(of(stranger))


def test_a_token_that_names_no_key_is_tried_with_each() -> None:
    secret = OctKey.generate_key(256, {"kid": "secret"})
    rsa = RSAKey.generate_key(2048, {"kid": "rsa"})
    callers = TokenCallers(Keys(OLD, secret, rsa, NEW), now=Clock(), moment_s=LONG_S)
    for text in (token(OLD), token(NEW), token(secret, "HS256"), token(rsa, "RS256")):
        callers.caller(text)
    for forged in (token(ECKey.generate_key("P-256")), token(OctKey.generate_key(256), "HS256")):
        with pytest.raises(UnauthorizedError):
            callers.caller(forged)


@pytest.mark.parametrize("private", [False, True])
def test_a_key_for_another_use_signs_nothing_with_a_name_or_without(private: bool) -> None:
    used = {**OLD.as_dict(private=private), "use": "enc"}
    callers = TokenCallers(lambda: KeySet([ECKey.import_key(used)]), now=Clock(), moment_s=LONG_S)
    for text in (token(OLD), of(OLD)):
        with pytest.raises(UnauthorizedError):
            callers.caller(text)


@pytest.mark.parametrize("hours", [-24, 24])
def test_a_clock_that_is_set_keeps_no_key_that_was_taken_away(hours: int) -> None:
    clock, keys = Clock(), Keys(OLD)
    callers = TokenCallers(keys, now=clock, moment_s=LONG_S)
    text = of(OLD)
    callers.caller(text)
    keys.keys = (NEW,)
    clock.now += hours * 3_600
    callers.caller(of(NEW))
    for _ in range(2):
        with pytest.raises(UnauthorizedError):
            callers.caller(text)


def known(keys: TrustedKeys) -> list[str | None]:
    with suppress(UnavailableError):
        return [key.kid for key in keys.current()]
    return []


def test_a_reading_that_was_slow_brings_no_key_back() -> None:
    clock = Clock()
    begun, may_end = threading.Event(), threading.Event()
    sets: list[Callable[[], KeySet]] = [lambda: KeySet([OLD, NEW])]

    def slow() -> KeySet:
        begun.set()
        assert may_end.wait(30)
        return KeySet([OLD, NEW])

    def read() -> KeySet:
        return sets[0]()

    keys = TrustedKeys(read, clock)
    wait_until(lambda: known(keys) == ["old", "new"], "the first reading")
    sets[0] = slow
    clock.now += KEYS_LIVE_S
    keys.current()
    assert begun.wait(30)
    sets[0] = lambda: KeySet([NEW])
    clock.now += AGAIN_S
    wait_until(lambda: known(keys) == ["new"], "the reading begun later")
    may_end.set()
    wait_until(
        lambda: not [thread for thread in threading.enumerate() if thread.name == "keys"], "the slow reading ends"
    )
    assert known(keys) == ["new"]


def test_the_same_keys_read_again_ask_for_no_second_look_at_tokens() -> None:
    """Anybody may have them read again, by a token with a name of its own."""
    clock = Clock()
    keys = TrustedKeys(Keys(OLD, NEW), clock, LONG_S)
    first = keys.current()
    clock.now += KEYS_LIVE_S
    assert not keys.are_still(first)
    assert keys.newer_than(first) is None
    assert keys.are_still(first)
