"""What Decision 407/QĐ-TTg asks, in its words: the four criteria of scope, and the six items of content."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.contracts.vocabulary import Answer, ContentItem
from shared.kernel.errors import Text

CRITERIA: Mapping[str, Text] = MappingProxyType(
    {
        "requires_proposal": Text(
            "Chính sách được ban hành trong văn bản quy phạm pháp luật mà Luật quy định phải lập đề nghị xây dựng trước khi "
            "soạn thảo, trừ nội dung thuộc bí mật nhà nước.",
            "The policy is in a legal document for which the law requires a proposal before drafting, state secrets excepted.",
        ),
        "affects_rights": Text(
            "Chính sách tác động trực tiếp làm phát sinh, thay đổi, chấm dứt quyền, nghĩa vụ của người dân, tổ chức, doanh "
            "nghiệp.",
            "It directly creates, changes or ends rights or duties of people, organisations or enterprises.",
        ),
        "contested": Text(
            "Chính sách về vấn đề khó, nhạy cảm, dư luận xã hội quan tâm hoặc có nhiều ý kiến khác nhau.",
            "It is difficult, sensitive, of public interest, or opinions on it differ.",
        ),
        "wide_impact": Text(
            "Chính sách tác động trên phạm vi cả nước hoặc toàn tỉnh, thành phố trực thuộc trung ương.",
            "It has effect nationwide, or in a whole province or centrally run city.",
        ),
    }
)
"""By the names of the fields of `draft.scope_assessed`."""

ANSWERS: Mapping[Answer, Text] = MappingProxyType(
    {
        Answer.YES: Text("Có", "Yes"),
        Answer.NO: Text("Không", "No"),
        Answer.UNKNOWN: Text("Chưa rõ", "Not certain yet"),
    }
)

CONTENT_ITEMS: Mapping[ContentItem, Text] = MappingProxyType(
    {
        ContentItem.NECESSITY: Text("Sự cần thiết ban hành chính sách", "Why the policy is needed"),
        ContentItem.PURPOSE: Text("Mục đích, quan điểm xây dựng", "Purpose and viewpoint"),
        ContentItem.SCOPE: Text("Phạm vi điều chỉnh, đối tượng áp dụng", "Scope and subjects"),
        ContentItem.MAIN_CONTENT: Text("Nội dung cơ bản của chính sách", "Main content"),
        ContentItem.CHANGES: Text(
            "Nội dung mới hoặc sửa đổi, bổ sung, hủy bỏ, bãi bỏ so với quy định hiện hành về quyền, lợi ích, nghĩa vụ",
            "What is new, amended or abolished of rights, benefits and duties",
        ),
        ContentItem.OTHER: Text(
            "Nội dung khác cần thông tin rộng rãi", "Other content to be made widely public"
        ),
    }
)
