"""Days are typed as day, month and year in three boxes: a browser's own date field shows mm/dd/yyyy to many people."""

import re
from pathlib import Path

import pytest

from shared.pages.date_boxes import day_in_boxes
from shared.pages.forms import Fields
from shared.pages.layout import environment

ROOT = Path(__file__).parents[3]
TEMPLATES = sorted(file for top in ("services", "shared") for file in (ROOT / top).rglob("*.html"))
OF_BROWSERS = ("date", "datetime-local", "datetime", "month", "week", "time")
FIELD = re.compile(rf"""(?:type|kind)\s*=\s*["']?(?:{"|".join(OF_BROWSERS)})["'\s>)]""", re.IGNORECASE)
ISO_SHOWN = re.compile(
    r"""placeholder=[^>]*(?:năm-tháng-ngày|yyyy-mm-dd)|value=["'][^"']*isoformat""", re.IGNORECASE
)
HIDDEN = re.compile(r"<input type=.hidden.[^>]*>")


def test_all_templates_are_looked_at() -> None:
    folders = {str(file.relative_to(ROOT)).split("/")[1] for file in TEMPLATES}
    assert folders >= {"campaigns", "metrics", "notifier", "registry", "pages"}
    assert len(TEMPLATES) > 60


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_field_for_days_of_the_browser(file: Path) -> None:
    text = HIDDEN.sub("", file.read_text(encoding="utf-8"))
    assert FIELD.findall(text) == []
    assert ISO_SHOWN.findall(text) == []


@pytest.mark.parametrize(
    "field",
    ['<input type="date">', "<input type=date>", '<input TYPE="month">', 'line_field(form, kind="date")'],
)
def test_such_a_field_would_be_seen(field: str) -> None:
    assert FIELD.search(field)


def test_each_box_has_its_label_and_what_was_typed_with_what_is_wrong() -> None:
    form = Fields({"on_day": ["31"], "on_month": ["2"], "on_year": ["2026"]})
    assert day_in_boxes(form, "on") is None
    page = environment().from_string(
        "{% from 'fields.html' import boxes_field %}{{ boxes_field(form, 'on', 'Ngày thực hiện', 'Held on') }}"
    )
    shown = page.render(form=form)
    for part, typed in (("day", "31"), ("month", "2"), ("year", "2026")):
        assert f'<label for="on_{part}">' in shown
        assert re.search(rf'<input [^>]*id="on_{part}" name="on_{part}" value="{typed}"', shown)
    assert "có các ngày từ 1 đến 28" in shown
    assert 'id="on" tabindex="-1" aria-describedby=" on-error" aria-invalid="true"' in shown
