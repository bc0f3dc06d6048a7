"""What stays with a unit that has ended, as a succession moves nothing: open drafts, and what it owes in programmes."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

from fastapi import Request
from pydantic import BaseModel

from services.registry.adapters.entry.elsewhere import MOST, Elsewhere
from services.registry.application.queries import ReadModel, open_drafts
from services.registry.domain.unit import Unit
from shared.http.requests.request_context import Accepted
from shared.kernel.counted import counted

MOST_CODES = 100
ONE_DAY = timedelta(days=1)


class Remaining(BaseModel):
    """Open entries that stay with the former unit; `count` null: the service that keeps them gave no answer in time.

    `codes` are those of drafts, the first hundred. `listed_by` lists the entries, `moved_by` moves each.
    """

    kind: Literal["drafts", "programme"]
    count: int | None
    codes: list[str]
    listed_by: str
    moved_by: str
    vi: str
    en: str


class AcceptedSuccession(Accepted):
    """The answer to a succession. `remaining`: what is open, is not moved by it, and needs somebody to decide who goes on."""

    remaining: list[Remaining]


async def remaining_with(
    read_model: ReadModel, elsewhere: Elsewhere, request: Request, unit: Unit, on: date, today: date
) -> list[Remaining]:
    """Say what stays with a unit that ends on a day.

    What it owes in programmes is carried on by its one successor without an event; of several, or of none, it is said.
    It is counted on the day before the succession, or today, as campaigns may have followed the succession since or not.
    """
    unit_code = unit.registered.unit_code
    codes = [row["draft_code"] for row in await open_drafts(read_model, unit_code)]
    drafts = list(_drafts(unit_code, codes))
    if len(unit.by_day.successors_on(on)) == 1:
        return drafts
    day = min(on - ONE_DAY, today)
    count = await elsewhere.owed(request, unit_code, day)
    return [*drafts, *_programme(elsewhere.campaigns.rstrip("/"), count)]


def _drafts(unit_code: str, codes: list[str]) -> Iterator[Remaining]:
    if codes:
        yield Remaining(
            kind="drafts",
            count=len(codes),
            codes=codes[:MOST_CODES],
            listed_by=f"GET /drafts?unit={unit_code}",
            moved_by="POST /drafts/{draft_code}/transfer",
            vi=f"Đơn vị {unit_code} còn chủ trì {len(codes):02} dự thảo đang soạn thảo; việc ghi nhận sắp xếp không chuyển dự thảo. Đề "
            "nghị chuyển từng dự thảo cho đơn vị tiếp nhận (POST /drafts/{draft_code}/transfer), hoặc chọn đơn vị nhận cho mọi dự "
            f"thảo trên biểu mẫu /entry/units/{unit_code}/reorganisation.",
            en=f"The unit {unit_code} still leads {counted(len(codes), 'open draft')}; a succession hands no draft over. Transfer each "
            "to who carries on (POST /drafts/{draft_code}/transfer), or choose for all of them on the form "
            f"/entry/units/{unit_code}/reorganisation.",
        )


def _programme(campaigns: str, count: int | None) -> Iterator[Remaining]:
    if count == 0:
        return
    number = "chưa đếm được" if count is None else f"{count:02}"
    more = " trở lên" if count == MOST else ""
    number_en = "not counted now" if count is None else f"{'at least ' if more else ''}{count}"
    yield Remaining(
        kind="programme",
        count=count,
        codes=[],
        listed_by=f"GET {campaigns}/programme?left=true",
        moved_by=f"POST {campaigns}/units/{{unit_code}}/programme/{{year}}/correct",
        vi=f"Việc chưa xong trong chương trình của đơn vị: {number}{more}; chưa xác định một đơn vị nào thực hiện tiếp. Đề nghị đính "
        "chính từng việc, ghi mã đơn vị thực hiện (trang quyết định của chương trình, mục “Việc của đơn vị đã kết thúc hoạt động”).",
        en=f"Open matters of the unit in programmes: {number_en}; no one unit carries them on. Correct each and name who goes on with "
        "it (page of decisions of the programme, “Owed by units that have ended”).",
    )
