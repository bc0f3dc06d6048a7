"""`/docs` and `/openapi.json`: Swagger UI with its files from an installed package; the browser asks no other host."""

import json
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse

from shared.auth.admission import stands_for
from shared.http.documents.built_once import BuiltOnce
from shared.http.requests.strict_requests import content_policy
from shared.kernel.errors import Refusal
from shared.rules.rights.actions import Action

FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon.png": "image/png"}
START = "start.js"
CACHED = {"Cache-Control": "public, max-age=3600"}
POLICY = content_policy(
    script_src="'self'",
    style_src=("'self'", "'unsafe-inline'"),
    img_src=("'self'", "data:"),
    connect_src="'self'",
    font_src="data:",
    form_action="'self'",
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="docs/favicon.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
SCRIPT = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset], layout: "BaseLayout",
});
"""


class DocumentNotFound(Refusal):
    code = "document-not-found"
    kind = "not_found"

    def __init__(self) -> None:
        super().__init__("Không có tệp này; tài liệu tại /docs.", "There is no such file; see /docs.")


def _folder() -> Path:
    """Locate the files without importing the package that brings them."""
    spec = find_spec("fastapi_offline")
    assert spec is not None and spec.origin is not None  # noqa: S101, PT018  a dependency of every service
    return Path(spec.origin).parent / "static"


def router(app: FastAPI) -> APIRouter:
    routes = APIRouter(
        tags=["contract"], include_in_schema=False, dependencies=[stands_for(Action.READ_CONTRACT)]
    )
    folder = _folder()

    document = BuiltOnce(lambda: json.dumps(app.openapi(), ensure_ascii=False, separators=(",", ":")))

    @routes.get("/openapi.json")
    async def openapi() -> Response:
        return Response(await document.content(), media_type="application/json")

    @routes.get("/docs", response_class=HTMLResponse)
    async def page() -> HTMLResponse:
        return HTMLResponse(PAGE.format(title=app.title), headers={"Content-Security-Policy": POLICY})

    @routes.get("/docs/{file}", response_class=Response)
    async def part(file: str) -> Response:
        if file == START:
            return Response(SCRIPT, headers=CACHED, media_type="text/javascript")
        if file not in FILES:
            raise DocumentNotFound
        return FileResponse(folder / file, headers=CACHED, media_type=FILES[file])

    return routes
