"""How pages look and what browsers may do with them: one layout, one style, one policy; they run no script."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"


def safe(*, forms_to: Sequence[str] = ()) -> dict[str, str]:
    """Give the headers of every page; `forms_to` are other origins that its forms may be sent to."""
    targets = " ".join(("'self'", *forms_to))
    return {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
            f"form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Content-Language": "vi",
    }


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
