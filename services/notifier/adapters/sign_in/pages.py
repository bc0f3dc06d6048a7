"""The pages on which people sign in and out, in three ways: by mail, at an identity provider, with `loa login`.

They are for people who have no session yet. What a form may do is bound to this origin: browsers say with every request
where it comes from (Fetch Metadata), so that no other site can sign somebody in under another name.
"""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi import Path as PathPart
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.notifier.adapters.rendering.templates import ROLES
from services.notifier.adapters.sign_in.flow import FromAnotherSite, SignIn
from services.notifier.adapters.sign_in.provider import CALLBACK_PATH
from shared.auth.admission import stands_for
from shared.auth.sessions import TRAINING_END_PATH, TRAINING_PATH, Way
from shared.auth.single_use import CodeIsOver
from shared.kernel.errors import Text
from shared.pages.help import Help
from shared.pages.layout import page_route
from shared.rules.rights.actions import Action

TRAINING_HELP = Help(
    "training",
    Text("Tập nhập liệu", "Training"),
    Text(
        "Dùng chính tài khoản và đơn vị của mình để tập các biểu mẫu: đăng ký dự thảo, vào giai đoạn, ghi nhận truyền thông, "
        "kế hoạch, chương trình. Bấm “Tập nhập liệu” ở trang Tài khoản để bắt đầu; mỗi trang sau đó có thông báo “Đang tập "
        "nhập liệu” và nút “Kết thúc tập nhập liệu”.",
        "Practise the forms with your own account and unit. Press “Begin training” on the account page; from then on each "
        "page says so, and has the button that ends it.",
    ),
    {
        "code": Text(
            "Mã dự thảo khi tập luôn bắt đầu bằng TAP-; hệ thống tự thêm.",
            "The code of a draft begins with TAP-; the form adds it.",
        ),
        "seen": Text(
            "Các trang chỉ hiển thị dữ liệu thực tập; dự thảo, chương trình thật không hiển thị và không thay đổi được.",
            "Pages show exercise data alone; what is live is not shown and can't be changed.",
        ),
        "refused": Text(
            "Việc có hiệu lực thật (người nhận thư, công văn đôn đốc, chốt báo cáo, sắp xếp đơn vị) chưa thực hiện được cho "
            "đến khi kết thúc tập nhập liệu.",
            "What would hold outside the exercise (recipients, letters, published reports, units) waits until training ends.",
        ),
        "rights": Text(
            "Quyền khi tập là quyền của chính tài khoản; phiên đăng nhập khác của tài khoản không bị ảnh hưởng.",
            "The rights are those of the account; its other sessions are not in training.",
        ),
    },
    Text(
        "Nội dung đã tập được lưu là dữ liệu thực tập: không tính vào số liệu, báo cáo của đơn vị nào và không gửi thư cho ai.",
        "What was practised is kept as exercise data: it counts in nobody's figures and reports, and nobody gets a mail.",
    ),
)
ReturnTo = Annotated[str, Query(max_length=2000)]
Code = Annotated[str, PathPart(max_length=200)]


def from_this_site(request: Request) -> None:
    """Refuse a form that another site has sent; what is no browser names no site."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        raise FromAnotherSite
    origin = request.headers.get("origin")
    if site is None and origin not in {None, f"{request.url.scheme}://{request.headers.get('host', '')}"}:
        raise FromAnotherSite


def router(sign_in: SignIn) -> APIRouter:
    """No part of the API's description: pages for people."""
    routes = APIRouter(
        tags=["sign-in"],
        route_class=page_route(sign_in.refused),
        default_response_class=HTMLResponse,
        include_in_schema=False,
        dependencies=[stands_for(Action.SIGN_IN)],
    )
    _add_provider(routes, sign_in)
    place = sign_in.access.place

    @routes.get("/sign-in")
    async def ways(request: Request, return_to: ReturnTo = "") -> Response:
        return await sign_in.overview(request, await sign_in.present(request), return_to)

    @routes.post("/sign-in/mail")
    async def by_mail(
        request: Request,
        email: Annotated[str, Form(max_length=254)],
        return_to: Annotated[str, Form(max_length=2000)] = "",
    ) -> Response:
        sign_in.require_protection()
        from_this_site(request)
        client = request.client.host if request.client else ""
        await sign_in.mail.request(email, client, place.returned(return_to))
        return sign_in.render("sign_in_sent.html", email=email)

    @routes.get("/sign-in/link/{code}")
    async def look(code: Code) -> Response:
        sign_in.require_protection()
        mailboxes = await sign_in.choices(code)
        return sign_in.render("sign_in_confirm.html", mailboxes=mailboxes, code=code, roles=ROLES)

    @routes.post("/sign-in/link/{code}")
    async def confirm(
        request: Request, code: Code, recipient: Annotated[UUID | None, Form()] = None
    ) -> Response:
        sign_in.require_protection()
        from_this_site(request)
        return await sign_in.redeem(request, code, recipient)

    @routes.post("/sign-out")
    async def sign_out(
        request: Request,
        csrf_token: Annotated[str, Form(max_length=100)] = "",
        session: Annotated[str, Form(max_length=200)] = "",
    ) -> Response:
        return await sign_in.end(request, csrf_token, session)

    @routes.post(TRAINING_PATH)
    async def train(request: Request, csrf_token: Annotated[str, Form(max_length=100)] = "") -> Response:
        return await sign_in.train(request, csrf_token, training=True)

    @routes.post(TRAINING_END_PATH)
    async def end_training(
        request: Request, csrf_token: Annotated[str, Form(max_length=100)] = ""
    ) -> Response:
        return await sign_in.train(request, csrf_token, training=False)

    return routes


def _add_provider(routes: APIRouter, sign_in: SignIn) -> None:
    @routes.get("/sign-in/oidc")
    async def to_provider(request: Request, return_to: ReturnTo = "") -> Response:
        sign_in.require_protection()
        from_this_site(request)  # a provider with a session of its own would ask nobody
        if sign_in.provider is None:
            raise CodeIsOver
        address, browser = await sign_in.provider.begin(sign_in.access.place.returned(return_to))
        answer = RedirectResponse(address, HTTPStatus.SEE_OTHER)
        sign_in.bind(answer, browser)
        return answer

    @routes.get(CALLBACK_PATH)
    async def from_provider(
        request: Request,
        state: ReturnTo = "",
        code: ReturnTo = "",
        iss: ReturnTo = "",
        error: ReturnTo = "",
        error_description: ReturnTo = "",
        session_state: ReturnTo = "",
        scope: ReturnTo = "",
    ) -> Response:
        sign_in.require_protection()
        if sign_in.provider is None:
            raise CodeIsOver
        del error_description, session_state, scope  # some providers send them
        given = {"state": state, "code": code, "iss": iss, "error": error}
        query = {name: value for name, value in given.items() if value}
        principal, return_to = await sign_in.provider.finish(query, sign_in.browser(request))
        answer = await sign_in.start(request, principal, Way.OIDC, return_to)
        sign_in.unbind(answer)
        return answer
