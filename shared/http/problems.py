"""Errors as RFC 9457 problem documents, in the language that was asked for and always in both."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any, Literal
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from shared.auth.callers import access_of
from shared.auth.sessions import SIGN_IN_PATH
from shared.auth.tokens import Unauthenticated
from shared.http.overload.client_address import client_of
from shared.kernel.counted import counted
from shared.kernel.errors import Refusal, RefusalKind, Text, Unavailable
from shared.kernel.transient import TRANSIENT
from shared.observability import signals
from shared.rules.words.suggestions import nearest
from shared.signed_links import links

logger = signals.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
CLIENT_CLOSED_REQUEST = 499  # as nginx logs it; nobody receives it
STATUS: Mapping[RefusalKind, HTTPStatus] = {
    "invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unauthenticated": HTTPStatus.UNAUTHORIZED,
    "forbidden": HTTPStatus.FORBIDDEN,
    "not_found": HTTPStatus.NOT_FOUND,
    "conflict": HTTPStatus.CONFLICT,
    "stale": HTTPStatus.PRECONDITION_FAILED,
    "not_yet": HTTPStatus.CONFLICT,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "gone": HTTPStatus.GONE,
    "too_many": HTTPStatus.TOO_MANY_REQUESTS,
}
_TITLES: Mapping[int, Text] = {
    401: Text("Cần mã truy cập", "Authentication needed"),
    403: Text("Không được phép", "Not allowed"),
    404: Text("Không tìm thấy", "Not found"),
    405: Text("Phương thức không được hỗ trợ", "Method not allowed"),
    400: Text("Không đọc được nội dung gửi lên", "The body can't be read"),
    409: Text("Không thực hiện được", "Conflict"),
    410: Text("Không còn hiệu lực", "No longer valid"),
    412: Text("Dữ liệu đã thay đổi", "The data have changed"),
    413: Text("Nội dung gửi lên quá lớn", "The body is too large"),
    422: Text("Dữ liệu không hợp lệ", "The data are not valid"),
    429: Text("Quá nhiều yêu cầu", "Too many requests"),
    500: Text("Lỗi hệ thống", "Internal error"),
    503: Text("Tạm thời chưa phục vụ được", "Temporarily unavailable"),
}
_DAY = Text("không phải là ngày hợp lệ (yyyy-mm-dd)", "is no valid day (yyyy-mm-dd)")
_MOMENT = Text("không phải là thời điểm hợp lệ", "is no valid moment")
_BOOLEAN = Text("phải là true hoặc false", "must be true or false")
_WHOLE = Text("không phải là số nguyên", "is no whole number")
_NUMBER = Text("không phải là số", "is no number")
_UUID = Text("không phải là mã hợp lệ (UUID)", "is no valid id (UUID)")
_LIST = Text("phải là một danh sách", "must be a list")
_OBJECT = Text("phải là một đối tượng JSON", "must be a JSON object")
_REASONS: Mapping[str, Text] = {  # by pydantic's type of an error; bounds are filled in from its context
    "missing": Text("còn thiếu", "is missing"),
    "extra_forbidden": Text(
        "không có trong mẫu; hãy bỏ đi hoặc sửa tên theo mẫu tại /docs",
        "is no field of this body; leave it out, or correct its name (see /docs)",
    ),
    "string_pattern_mismatch": Text("sai định dạng", "is not in the right form"),
    "date_from_datetime_parsing": _DAY,
    "date_parsing": _DAY,
    "int_parsing": _WHOLE,
    "json_invalid": Text("không phải là JSON hợp lệ", "is no valid JSON"),
    "value_error": Text(
        "có ký tự điều khiển hoặc giá trị không hợp lệ", "has control characters or a value that is not valid"
    ),
    "string_too_short": Text(
        "còn trống hoặc quá ngắn (ít nhất {min_length} ký tự)",
        "is empty or too short (at least {min_length})",
    ),
    "too_short": Text(
        "còn trống hoặc quá ít mục (ít nhất {min_length})",
        "is empty or has too few items (at least {min_length})",
    ),
    "string_too_long": Text(
        "quá dài (nhiều nhất {max_length} ký tự)", "is too long (at most {max_length} characters)"
    ),
    "too_long": Text(
        "có quá nhiều mục (nhiều nhất {max_length})", "has too many items (at most {max_length})"
    ),
    "string_type": Text("phải là chuỗi ký tự", "must be a text"),
    "bool_parsing": _BOOLEAN,
    "bool_type": _BOOLEAN,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": Text("không phải là số hữu hạn", "is no finite number"),
    "date_type": _DAY,
    "date_from_datetime_inexact": _DAY,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "uuid_parsing": _UUID,
    "uuid_type": _UUID,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "greater_than": Text(
        "nhỏ hơn mức cho phép, phải lớn hơn {gt}", "is too small, it must be more than {gt}"
    ),
    "greater_than_equal": Text(
        "nhỏ hơn mức cho phép, phải từ {ge} trở lên", "is too small, it must be {ge} or more"
    ),
    "less_than": Text("vượt quá mức cho phép, phải nhỏ hơn {lt}", "is too large, it must be less than {lt}"),
    "less_than_equal": Text(
        "vượt quá mức cho phép, không được quá {le}", "is too large, it must be {le} or less"
    ),
    "url_parsing": Text("không phải là địa chỉ hợp lệ", "is no valid address"),
}
_OF_LIST = frozenset({"enum", "literal_error"})
_EXPECTED = re.compile("'([^']+)'")
_NOT_VALID = Text(
    "có giá trị không hợp lệ; xem tài liệu tại /docs", "has a value that is not valid; see /docs"
)


ACCESS: frozenset[RefusalKind] = frozenset({"unauthenticated", "forbidden", "too_many", "gone"})
"""What is refused because of who asks, how often, or by which link: one line each in the log."""

MOST_PROBLEMS = 20  # of one request that are named; the others are counted
MOST_SHOWN = 100  # letters of a name that an answer repeats
_CODE = re.compile(rf"({SIGN_IN_PATH}/link/).+")
_WEIGHT = re.compile(r"q\s*=\s*([01](?:\.[0-9]{0,3})?)")


def install(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for transient in TRANSIENT:
        app.add_exception_handler(transient, _transient)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(ClientDisconnect, _hung_up)
    app.add_exception_handler(Exception, _unexpected)


def problem(  # one place that shapes the document
    request: Request,
    status: int,
    code: str,
    message: Text,
    *,
    facts: Mapping[str, object] | None = None,
    retry_after: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    language = language_of(request.headers.get("accept-language", ""))
    title = _TITLES.get(status, Text(HTTPStatus(status).phrase, HTTPStatus(status).phrase))
    body = {
        "type": f"urn:loa:problem:{code}",
        "title": getattr(title, language),
        "status": status,
        "detail": getattr(message, language),
        "instance": _path(request),
        "messages": {"vi": message.vi, "en": message.en},
        **(facts or {}),
    }
    sent = {"Content-Language": language, "Vary": "Accept-Language", **(headers or {})}
    if retry_after is not None:
        sent["Retry-After"] = str(retry_after)
    if status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = "Bearer"
    return ProblemResponse(body, status, sent, MEDIA_TYPE)


class ProblemResponse(JSONResponse):
    """A problem may repeat the name of a field: half a surrogate in it is written as JSON escapes it."""

    def render(self, content: Any) -> bytes:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode(errors="backslashreplace")


def _path(request: Request) -> str:
    """Give the path as logs and answers may hold it: without the token or code of a link."""
    return _CODE.sub(r"\1…", links.masked(request.url.path))


def language_of(accepted: str) -> Literal["vi", "en"]:
    """Choose by Accept-Language; Vietnamese unless English is wanted more."""
    wishes = {"vi": 0.0, "en": 0.0}
    for wish in accepted.lower().split(","):
        tag, _, weight = wish.partition(";")
        name = tag.strip().partition("-")[0]
        if name in wishes:
            wishes[name] = max(wishes[name], _weight(weight))
    return "en" if wishes["en"] > wishes["vi"] else "vi"


def _weight(text: str) -> float:
    match = _WEIGHT.fullmatch(text.strip())
    return float(match[1]) if match else 1.0


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101  narrowing: registered for this class
    if isinstance(error, Unauthenticated) and (address := _sign_in(request)) is not None:
        return _to_sign_in(request, address)
    return refused(request, error)


def _sign_in(request: Request) -> str | None:
    """Address the sign-in page for a browser that opens a page without a token; None for every other request."""
    access = access_of(request)
    if access is None or not opens_page(request) or not access.place.is_usable:
        return None
    query = f"?{request.url.query}" if request.url.query else ""
    return access.place.sign_in(quote(request.url.path) + query)


def opens_page(request: Request) -> bool:
    """Tell whether a browser opens a page, without a token."""
    opens = request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("accept", "")
    return opens and "authorization" not in request.headers


def _to_sign_in(request: Request, address: str) -> Response:
    """Lead to the sign-in page; a cookie whose session has ended goes away."""
    answer = RedirectResponse(address, HTTPStatus.SEE_OTHER, {"Vary": "Accept"})
    if (access := access_of(request)) is not None and access.secret(request) is not None:
        answer.delete_cookie(
            access.place.cookie, secure=access.place.is_secure, httponly=True, samesite="lax"
        )
    return answer


def refused(request: Request, error: Refusal) -> JSONResponse:
    """Shape the answer to a request that is refused; one of `ACCESS` is logged."""
    if error.kind in ACCESS:
        logger.warning(
            "access_refused",
            code=error.code,
            method=request.method,
            path=_path(request),
            by=getattr(request.state, "actor", None),
            client=client_of(request),
        )
    return problem(
        request,
        STATUS[error.kind],
        error.code,
        error.message,
        facts=error.facts,
        retry_after=error.retry_after,
    )


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  narrowing: registered for this class
    errors = error.errors()
    facts = {"errors": _fields(errors[:MOST_PROBLEMS]), "error_count": len(errors)}
    return problem(request, 422, "invalid-request", describe(errors), facts=facts)


def describe(errors: Sequence[Any]) -> Text:
    """Say in both languages which fields are wrong, and how: each field once for each cause."""
    of_place: defaultdict[str, list[Any]] = defaultdict(list)
    first: dict[tuple[str, object], Any] = {}
    for error in errors:
        place = _place(error)
        of_place[place].append(error)
        first.setdefault((place, _cause(error)), error)
    named = [
        (place, reason(error, of_place[place])) for (place, _), error in islice(first.items(), MOST_PROBLEMS)
    ]
    vi = "; ".join(f"“{place}” {why.vi}" for place, why in named)
    en = "; ".join(f"'{place}': {why.en}" for place, why in named)
    if (more := len(first) - len(named)) > 0:
        vi, en = f"{vi}; và {more} lỗi khác", f"{en}; and {counted(more, 'other problem')}"
    return Text(f"Đề nghị sửa và gửi lại: {vi}.", f"Please correct and send again: {en}.")


def _cause(error: Any) -> object:
    """Tell the errors of one field apart; which values of a list are like the given one is looked up for named errors alone."""
    return _given(error) if error["type"] in _OF_LIST else reason(error)


def reason(error: Any, others: Sequence[Any] = ()) -> Text:
    """Say what is wrong with a field, without its name; `others` are all errors of the field: a union of lists has several."""
    context = error.get("ctx") or {}
    if "vi" in context:
        return Text(_shown(context["vi"]), _shown(error["msg"]))
    if error["type"] in _OF_LIST:
        return _of_list(_given(error), others or [error])
    why = _REASONS.get(error["type"], _NOT_VALID)
    return why.filled(**{name: str(bound) for name, bound in context.items()})


def _of_list(given: str, errors: Sequence[Any]) -> Text:
    """Name the values that a field takes, those that are like the given one first."""
    expected = (str(error["ctx"]["expected"]) for error in errors if error["type"] in _OF_LIST)
    allowed = list(dict.fromkeys(value for each in expected for value in _EXPECTED.findall(each)))
    why = nearest(given, allowed) if allowed else _NOT_VALID
    return Text(_shown(why.vi), _shown(why.en))


def _given(error: Any) -> str:
    given = error.get("input")
    return given if isinstance(given, str) else ""


def _fields(errors: Sequence[Any]) -> list[dict[str, str]]:
    return [{"field": _place(e), "reason": e["type"], "message": _shown(e["msg"])} for e in errors]


def _place(error: Any) -> str:
    if column := (error.get("ctx") or {}).get("column"):
        return _cut(column)
    if error["type"] == "json_invalid":  # its place is a number of letters
        return "body"
    # A union's members ("literal['resumed']") are internal; the field is what the caller can correct.
    parts = [str(part) for part in error["loc"] if part != "body" and "[" not in str(part)]
    return _cut(".".join(parts)) or "body"


def _cut(name: object) -> str:
    text = str(name)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def _shown(sentence: object) -> str:
    """Give a sentence that may repeat what was sent, up to a bound."""
    return str(sentence)[: MOST_SHOWN * 10]


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  narrowing: registered for this class
    if isinstance(error.__cause__, Refusal):  # raised while the body was read
        return await _refusal(request, error.__cause__)
    title = _TITLES.get(error.status_code, Text(str(error.detail), str(error.detail)))
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return problem(request, error.status_code, code, title, headers=error.headers)


async def _unavailable(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Unavailable)  # noqa: S101  narrowing: registered for this class
    return problem(request, 503, error.code, error.message, facts=error.facts)


async def _transient(request: Request, error: Exception) -> JSONResponse:
    logger.warning("request_transient_failure", path=_path(request), error=f"{type(error).__name__}: {error}")
    message = Text(
        "Một thành phần của hệ thống tạm thời chưa phản hồi; đề nghị thử lại sau ít giây. Chưa có gì bị mất.",
        "A part of the system does not answer at the moment; try again in a few seconds. Nothing is lost.",
    )
    return problem(request, 503, "temporarily-unavailable", message, retry_after=2)


async def _hung_up(request: Request, _: Exception) -> Response:
    """The client went away while its request was read: there is nobody to answer, and nothing was done."""
    logger.info("client_disconnected", path=_path(request))
    return Response(status_code=CLIENT_CLOSED_REQUEST)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    logger.error("request_failed", path=_path(request), exc_info=error)
    message = Text(
        "Hệ thống gặp lỗi ngoài dự kiến và đã ghi nhật ký; đề nghị báo cho người vận hành.",
        "The system met an unexpected error and has logged it; please inform the operator.",
    )
    return problem(request, 500, "internal-error", message)
