"""A page for people about the addresses of a service, from its own OpenAPI document. No script, nothing from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code{font-size:.95rem}dt{margin-top:1rem}dd{margin-left:2rem}"
)
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def add_docs_page(app: FastAPI, path: str) -> None:
    async def docs(_: Request) -> Response:
        return HTMLResponse(_page(app), headers={"Content-Security-Policy": POLICY})

    app.add_route(path, docs, include_in_schema=False)


def _page(app: FastAPI) -> str:
    listed = "".join(
        f"<dt><code>{escape(method.upper())} {escape(path)}</code></dt><dd>{escape(_about(operation))}</dd>"
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
        if isinstance(operation, dict)
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(app.title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(app.title)}</h1>"
        f'<p>Bodies, parameters and answers: <a href="{escape(app.openapi_url or "")}">openapi.json</a> '
        f"(OpenAPI 3.1, for any tool that reads it).</p><dl>{listed}</dl></body></html>"
    )


def _about(operation: dict[str, object]) -> str:
    return str(operation.get("description") or operation.get("summary") or "").partition("\n\n")[0]
