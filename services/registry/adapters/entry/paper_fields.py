"""The fields of the paper that shows a stage, on the form of a stage and on that of its correction."""

from typing import Any

from services.registry.adapters.entry.change.form import Field
from shared.kernel.errors import Text
from shared.pages.date_boxes import date_in_boxes
from shared.pages.forms import Fields

MOST_WORDS = 200
PAPER = (
    Field(
        "document_no",
        Text("Số, ký hiệu văn bản (nếu có)", "Number of the document (if any)"),
        hint="Ví dụ: 123/SYT-VP",
    ),
    Field("document_date", Text("Ngày văn bản (nếu có)", "Day of the document (if any)"), "boxes"),
    Field("issuer", Text("Cơ quan ban hành (nếu có)", "Issuer (if any)")),
)


def read_paper(form: Fields) -> dict[str, Any]:
    dated = date_in_boxes(form, "document_date", required=False, whole=True)
    return {
        "document_no": form.words("document_no", MOST_WORDS, required=False),
        "document_date": dated and dated[0],
        "issuer": form.words("issuer", MOST_WORDS, required=False),
    }
