"""Why an append is refused: another writer was first, or the log must not hold its content."""

from shared.kernel.errors import Refusal
from shared.text_checks.event_texts import NO_ADDRESS, PersonalData


class StaleVersion(Refusal):
    """The caller looked at another version than the present one."""

    code = "stale-version"
    kind = "stale"

    def __init__(self, expected: int, current: int) -> None:
        super().__init__(
            f"Dữ liệu đã thay đổi kể từ lần đọc trước (phiên bản {expected}, hiện nay là {current}). "
            "Đề nghị tải lại dữ liệu rồi thực hiện lại.",
            f"The data have changed since they were read (version {expected}, now {current}). "
            "Please load it again and repeat.",
            expected=expected,
            current=current,
        )


class TooManyConflicts(Refusal):
    """Others kept changing the same aggregate."""

    code = "version-conflict"
    kind = "conflict"
    retry_after = 1

    def __init__(self, attempts: int) -> None:
        super().__init__(
            "Dữ liệu này đang được nhiều người cùng lúc sửa đổi. Đề nghị thử lại sau giây lát.",
            "Others are changing the same data at this moment. Please try again shortly.",
            attempts=attempts,
        )


class IdempotencyKeyReused(Refusal):
    """The key was used before with something else: one of the two requests would be lost in silence."""

    code = "idempotency-key-reused"
    kind = "invalid"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Khóa Idempotency-Key “{key}” đã được dùng cho một yêu cầu có nội dung khác. Đề nghị dùng khóa mới "
            "cho yêu cầu mới; chỉ dùng lại khóa cũ khi gửi lại nguyên văn yêu cầu cũ.",
            f"The Idempotency-Key '{key}' came before with another payload. Use a new key for a new request; "
            "an old one only to send the very same request again.",
            key=key,
        )


class OutsideExercise(Refusal):
    """Somebody in training would record something about live or sample data."""

    code = "outside-exercise"
    kind = "forbidden"

    def __init__(self) -> None:
        super().__init__(
            "Tài khoản đang ở chế độ tập nhập liệu, nên chỉ ghi nhận được dữ liệu thực tập; nội dung này thuộc dữ liệu thật và "
            "chưa được ghi nhận. Đề nghị chọn dự thảo thực tập, hoặc kết thúc tập nhập liệu rồi thực hiện lại.",
            "This account is in training, so only exercise data can be recorded. This is about other data and was not "
            "recorded; choose a draft of the exercise, or end the training first.",
        )


class NoWebAddress(Refusal):
    """A field for an address of the web holds one that a browser would run, or read from the reader's machine."""

    code = "no-web-address"
    kind = "invalid"

    def __init__(self, field: str) -> None:
        super().__init__(
            f"“{field}” {NO_ADDRESS.vi}.",
            f"'{field}' {NO_ADDRESS.en}.",
            field=field,
        )


class HoldsPersonalData(Refusal):
    """A text of a command holds personal data; the log is immutable and read by everybody (Law 91/2025/QH15)."""

    code = "personal-data"
    kind = "invalid"

    def __init__(self, field: str, personal_data: PersonalData) -> None:
        super().__init__(
            f"“{field}” có {personal_data.kind.vi} ({personal_data.part[:80]}); nhật ký không lưu dữ liệu cá nhân, "
            "đề nghị bỏ phần đó rồi gửi lại.",
            f"'{field}' holds {personal_data.kind.en} ({personal_data.part[:80]}); the log keeps no personal data, "
            "take it out and send again.",
            field=field,
        )
        self.personal_data = personal_data.part
