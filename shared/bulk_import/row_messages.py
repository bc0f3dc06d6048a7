"""What is said of a cell by the kind of its validation error, in words that follow the name of its column."""

from shared.kernel.errors import Text

WHY = {
    "missing": Text("bắt buộc nhưng còn trống; hãy điền", "is mandatory and empty; fill it in"),
    "string_pattern_mismatch": Text(
        "sai định dạng mã; mã chỉ gồm A–Z, 0–9 và dấu . _ - (2 đến 64 ký tự)",
        "is no code: A-Z, 0-9 and . _ - only, 2 to 64 characters",
    ),
    "string_too_long": Text(
        "dài quá {max_length} ký tự; hãy rút gọn", "is longer than {max_length} characters; shorten it"
    ),
    "string_too_short": Text("còn trống; hãy điền", "is empty; fill it in"),
    "int_parsing_size": Text("là số quá lớn; hãy kiểm tra lại", "is too large a number; look at it again"),
    "too_long": Text(
        "có quá nhiều mục, nhiều nhất là {max_length}", "has too many items, {max_length} at most"
    ),
    "finite_number": Text("phải là số hữu hạn", "must be a finite number"),
    "greater_than_equal": Text("phải từ {ge} trở lên", "must be {ge} or more"),
    "less_than_equal": Text("không được quá {le}", "must be {le} or less"),
}
WHY |= {
    "uuid_parsing": Text(
        "không phải là mã hợp lệ (UUID); hãy giữ nguyên mã do hệ thống ghi",
        "is no id (UUID); keep it as the system wrote it",
    ),
}
PATTERNS = {  # of columns that hold no codes
    "email": Text(
        "không phải là địa chỉ thư điện tử đầy đủ; hãy ghi một địa chỉ dạng ten@donvi.gov.vn, không kèm tên người",
        "is no complete e-mail address; write one such as name@office.gov.vn, without the name of a person",
    ),
}
WHY_VALUE = {
    "a month is written as its first day": Text(
        "chỉ biết tháng thì ghi ngày đầu tháng (2024-02-01) hoặc 2024-02",
        "a month is written as its first day (2024-02-01), or as 2024-02",
    ),
    "a year is written as its first day": Text(
        "chỉ biết năm thì ghi ngày 01 tháng 01 (2024-01-01) hoặc 2024",
        "a year is written as its first day (2024-01-01), or as 2024",
    ),
}
