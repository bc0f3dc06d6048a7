"""What is said of the layout of a table: titles above it, totals below it, hidden and merged cells."""

import re
from collections.abc import Sequence

from deploy.cli.data.tables.sheet_layout import Merged
from shared.kernel.counted import agreeing, counted
from shared.kernel.errors import Text
from shared.kernel.text_folding import fold
from shared.text_checks.printable import tidied


def headings_below(above: int) -> Text:
    return Text(
        f"tiêu đề của bảng ở dòng này; {above} dòng phía trên (tên cơ quan, tên bảng) không phải dữ liệu, được bỏ qua",
        f"the headings stand on this line; {counted(above, 'row')} above it (titles) {agreeing(above, 'is', 'are')} no data and passed over",
    )


def merged_down(merged: Merged) -> Text:
    return Text(
        f"các ô {merged.name} được gộp: giá trị này dùng cho mọi dòng của vùng gộp",
        f"the cells {merged.name} are merged: this value holds for every row of the range",
    )


def merged_across(merged: Merged, columns: Sequence[str]) -> Text:
    names = ", ".join(columns)
    return Text(
        f"các ô {merged.name} được gộp ngang qua nhiều cột ({names}), không rõ giá trị thuộc cột nào; hãy bỏ gộp ô và điền từng ô",
        f"the cells {merged.name} are merged across columns ({names}): which one has the value is not clear; "
        "unmerge them and fill in each cell",
    )


FOOTERS = re.compile(
    r"(?:tổng|cộng\b|người lập|người ký|lập biểu|thủ trưởng|giám đốc|chủ tịch|nơi nhận|ghi chú|xác nhận|ký tên|đại diện"
    r"|tm\.|kt\.|tl\.|tuq\.|\(ký|.{0,40}ngày\s*[\d.…]+\s*tháng\s*[\d.…]+\s*năm|total\b|signature)",
    re.IGNORECASE,
)
_FOLDED_FOOTERS = re.compile(  # without case and diacritics: words with which no row of data begins
    r"(?:tong (?:cong|so|hop)|nguoi (?:lap|ky|duyet|tong hop|kiem)|pho (?:giam doc|chu tich|truong phong)|truong phong"
    r"|chanh van phong|ke toan|phe duyet|kiem soat|het\b|da ky|\(da ky|luu y|nguon:|chu thich|ghi chu|noi nhan|grand total"
    r"|trang \d{1,4}(?:/\d{1,4})?\Z|q\. |\* |- nhu tren|- luu:)"
)
_NUMBERED = re.compile(
    r"(?:[IVXLC]{1,6}|[A-ZĐ]|\d{1,2}(?:\.\d{1,2})?)[.)/]\s+\S|(?:Phần|Mục|Nhóm|Lĩnh vực)\b", re.IGNORECASE
)


def is_footer(text: str) -> bool:
    """Tell whether a text is the beginning of a line of totals, signatures or remarks, or a line drawn with signs."""
    plain = tidied(text, one_line=True)
    if FOOTERS.match(plain) or _FOLDED_FOOTERS.match(fold(plain[:100])):
        return True
    return plain != "" and not any(map(str.isalnum, plain[:100]))


def is_group(text: str) -> bool:
    """Tell whether a text alone in its row names a group of rows: "I. LĨNH VỰC ĐẤT ĐAI"."""
    return _NUMBERED.match(tidied(text, one_line=True)) is not None


EMPTY_SHEET = Text(
    "tệp trống; dòng đầu phải là tên các cột, hoặc bỏ tệp này ra khỏi thư mục",
    "the file is empty; its first line must name the columns, or take the file out of the folder",
)
NAMELESS = Text(
    "ô này nằm dưới một cột chưa có tên; hãy đặt tên cho cột hoặc xóa ô",
    "this cell stands under a column without a name; name the column or delete the cell",
)
FOOTER = Text(
    "dòng tổng cộng hoặc chữ ký cuối bảng, không phải dữ liệu, được bỏ qua",
    "a line of totals or signatures at the end of the table, no data; passed over",
)
GROUP = Text(
    "dòng này chỉ là tên của một nhóm dòng, không phải dữ liệu, được bỏ qua",
    "this row only names a group of rows, no data; passed over",
)
HEADINGS_AGAIN = Text(
    "dòng này lặp lại tiêu đề hoặc số thứ tự của các cột, không phải dữ liệu, được bỏ qua",
    "this row repeats the headings or numbers of the columns, no data; passed over",
)
OTHER_TABLE = Text(
    "từ dòng này là một bảng khác (tiêu đề khác), chưa được nhập; hãy chuyển bảng đó sang trang hoặc tệp riêng",
    "another table with other headings begins on this row and was not taken; move it to a sheet or file of its own",
)
HIDDEN_ROW = Text(
    "dòng đang bị ẩn hoặc bị lọc; hãy bỏ ẩn (Unhide) hoặc xóa dòng, hoặc chạy lại với --take-hidden nếu đúng là cần nhập",
    "the row is hidden or filtered out; unhide or delete it, or run again with --take-hidden if it is meant",
)
HIDDEN_SHEET = Text(
    "trang đang bị ẩn nên chưa được nhập; hãy bỏ ẩn (Unhide) hoặc xóa trang, hoặc chạy lại với --take-hidden nếu đúng là cần nhập",
    "the sheet is hidden and was not taken; unhide or delete it, or run again with --take-hidden if it is meant",
)
HIDDEN_COLUMN = Text(
    "cột đang bị ẩn nên cả trang chưa được nhập; hãy bỏ ẩn (Unhide) hoặc xóa cột, hoặc chạy lại với --take-hidden nếu đúng là cần nhập",
    "the column is hidden, so the sheet was not taken; unhide or delete it, or run again with --take-hidden if it is meant",
)
CROSSED_OUT = Text(
    "ô bị gạch ngang (strikethrough), có lẽ đã bỏ; hãy xóa dòng hoặc bỏ gạch ngang, hoặc chạy lại với --take-hidden nếu đúng là cần nhập",
    "the cell is struck through, so it may be deleted; delete the row or remove the line, or run again with --take-hidden if it is meant",
)
WHITE_ON_WHITE = Text(
    "ô có chữ trắng trên nền trắng nên không nhìn thấy; hãy đổi màu chữ hoặc xóa nội dung, hoặc chạy lại với --take-hidden nếu đúng là cần nhập",
    "the cell is written white on white; change the colour or empty it, or run again with --take-hidden if it is meant",
)
