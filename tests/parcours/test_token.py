"""`parcours token`: what it prints is taken by a suite with its keys, and by no other."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import time

import pytest

from parcours.demo.tokens import demo_tokens
from parcours.laptop_keys import AUDIENCE, ISSUER, laptop_keys, write_tokens
from parcours.trying_rights import own_client
from shared.rights.caller import LOCAL, ROLES, Caller
from shared.web.callers import callers_of
from shared.web.problems import UnauthorizedError
from tests.parcours.test_cli import run

A, B = "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01", "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a02"


def made(folder: Path, *options: str) -> str:
    result = run("token", *options, "--data-dir", str(folder))
    assert result.exit_code == 0, result.stderr
    assert str(folder / "keys" / "jwks.json") in result.stderr
    return result.stdout.strip()


def test_a_token_is_taken_with_what_it_was_made_for(tmp_path: Path) -> None:
    text = made(tmp_path, "--role", "structure", "--structures", f"{A},{B}", "--sources", "urn:a", "--sources", "urn:b")
    callers = callers_of(str(tmp_path / "keys" / "jwks.json"), ISSUER, AUDIENCE)
    both = frozenset([A, B])
    assert callers.caller(f"Bearer {text}") == Caller("structure", frozenset(["urn:a", "urn:b"]), both)
    other = made(tmp_path / "other", "--role", "staff")
    with pytest.raises(UnauthorizedError):
        callers.caller(f"Bearer {other}")


def test_as_json_it_says_everything(tmp_path: Path) -> None:
    result = run("token", "--role", "prescriber", "--authorised", "--for", "2h", "--json", "--data-dir", str(tmp_path))
    said = json.loads(result.stdout)
    assert (said["role"], said["authorised"], said["iss"], said["aud"]) == ("prescriber", True, ISSUER, AUDIENCE)
    callers = callers_of(said["keys"], said["iss"], said["aud"])
    assert callers.caller(f"Bearer {said['token']}").authorised


def test_the_private_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    made(tmp_path, "--role", "staff")
    assert stat.S_IMODE((tmp_path / "keys" / "private.json").stat().st_mode) == 0o600
    assert '"d"' not in (tmp_path / "keys" / "jwks.json").read_text()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--role", "admin"), "no such role"),
        (("--role", "staff", "--for", "15"), "a time such as"),
        (("--role", "staff", "--for", "31d"), "a time such as"),
        (("--role", "structure", "--structures", ",".join(f"s-{n}" for n in range(101))), "at most 100"),
    ],
)
def test_what_is_no_token_is_told(tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    result = run("token", *options, "--data-dir", str(tmp_path))
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_folder_with_another_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "private.json").write_text("{}")
    result = run("token", "--role", "staff", "--data-dir", str(tmp_path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "private.json" in result.stderr


def test_keys_of_up_come_with_a_token_for_each_role(tmp_path: Path) -> None:
    keys = laptop_keys(tmp_path)
    written = write_tokens(keys, demo_tokens(), int(time()), 60)
    assert set(ROLES) < set(written)
    assert laptop_keys(tmp_path).key.kid == keys.key.kid
    callers = own_client(callers_of(str(keys.public), ISSUER, AUDIENCE))
    assert {callers.caller(f"Bearer {path.read_text()}").role for path in written.values()} == set(ROLES)
    assert callers.caller(f"Bearer {callers.secret}") is LOCAL
    for text in (None, "", "Bearer", f"bearer {callers.secret}", f"Bearer {callers.secret} ", "Bearer é"):
        with pytest.raises(UnauthorizedError):
            callers.caller(text)


def test_keys_of_ones_own_and_keys_made_here_are_not_both_taken(tmp_path: Path) -> None:
    result = run("up", "--keys", "--data-dir", str(tmp_path), PARCOURS_JWT_KEYS="/etc/jwks.json")
    assert result.exit_code == 2
    assert "--keys makes keys of its own" in result.stderr


def test_commands_that_begin_at_once_make_one_key_and_find_it_whole(tmp_path: Path) -> None:
    at_once = Barrier(8)

    def make(_: int) -> str | None:
        at_once.wait(60)
        return laptop_keys(tmp_path).key.kid

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(make, range(8)))) == 1
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["jwks.json", "private.json"]
