"""Help pages of forms: what a form is for, what its fields mean, what follows; the words stand beside the form itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from shared.auth.admission import Seen, stands_for
from shared.kernel.errors import Refusal, Text
from shared.pages.entry import EntryPages
from shared.rules.rights.actions import Action

HEADING = Text("Hướng dẫn nhập số liệu", "How to enter data")
DONE = Text(
    "Nội dung ghi nhận được lưu cùng tài khoản và thời điểm; ghi nhầm thì đính chính, bản cũ vẫn còn trong lịch sử.",
    "What is recorded is kept with the account and the time; a mistake is corrected, and the history keeps both.",
)


@dataclass(frozen=True, slots=True)
class Help:
    """The help of one form; `key` is its address, `labels` are those of the form, by field."""

    key: str
    heading: Text
    purpose: Text
    labels: Mapping[str, Text] = field(default_factory=dict)
    follows: Text = DONE


class NoSuchForm(Refusal):
    code = "form-not-found"
    kind = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "Không có biểu mẫu với tên này; xem danh sách tại trang hướng dẫn.",
            "There is no form of this name; the help page lists all forms.",
        )


def router(pages: EntryPages, helps: Sequence[Help]) -> APIRouter:
    routes = pages.router("help")
    by_key = {each.key: each for each in helps}

    @routes.get(
        "/entry/help",
        response_class=HTMLResponse,
        summary="Help on all forms of this service (a page for people)",
        dependencies=[stands_for(Action.READ_CONTRACT), Seen],
    )
    async def listed(request: Request) -> HTMLResponse:
        return pages.page(request, "help_list.html", heading=HEADING, helps=helps)

    @routes.get(
        "/entry/help/{form}",
        response_class=HTMLResponse,
        summary="Help on one form (a page for people)",
        dependencies=[stands_for(Action.READ_CONTRACT), Seen],
    )
    async def shown(request: Request, form: str) -> HTMLResponse:
        if (of := by_key.get(form)) is None:
            raise NoSuchForm
        heading = Text(f"Hướng dẫn: {of.heading.vi}", f"Help: {of.heading.en}")
        return pages.page(request, "help.html", heading=heading, of=of)

    return routes
