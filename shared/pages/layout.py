"""How pages look and what browsers may do with them: one layout, one style, one policy; they run no script."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from shared.http.security_headers import content_policy

TEMPLATES = Path(__file__).parent / "templates"


def safe(*, forms_to: Sequence[str] = ()) -> dict[str, str]:
    """Give the headers of a page besides those of every answer; `forms_to` are other origins that its forms may be sent to."""
    policy = content_policy(style_src="'unsafe-inline'", img_src="data:", form_action=("'self'", *forms_to))
    return {"Content-Security-Policy": policy, "Content-Language": "vi"}


def environment(*own: Path, filters: Mapping[str, Any] | None = None) -> Environment:
    """Make the environment of a service's pages, above the common ones; a missing value is an error."""
    jinja = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in (*own, TEMPLATES)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters["day"] = day
    jinja.filters.update(filters or {})
    for template in jinja.list_templates(extensions=["html"]):
        jinja.get_template(template)  # compiled now, so that the first reader doesn't wait
    return jinja


def day(value: date) -> str:
    return f"{value:%d/%m/}{value.year:04}"
