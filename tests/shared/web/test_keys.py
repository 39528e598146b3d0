"""Where keys are read from cannot send us elsewhere, nor fill the memory."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.error import HTTPError

import pytest

from shared.web.keys import LARGEST_SET, KeyLocation, _opener


class _Redirecting(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


def test_a_redirect_is_not_followed() -> None:
    with HTTPServer(("127.0.0.1", 0), _Redirecting) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        with pytest.raises(HTTPError, match="302"):
            _opener.open(f"http://127.0.0.1:{server.server_port}/", timeout=5)


def test_more_than_a_set_can_be_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(b'{"keys": []' + b" " * LARGEST_SET + b"}")
    with pytest.raises(ValueError, match="larger than 1048576 bytes"):
        KeyLocation(str(path)).read()
