"""The figures that a unit reports itself, by name: each stands beside what the same name is counted to be."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.kernel.errors import Text

OWN_FIGURES: Mapping[str, Text] = MappingProxyType(
    {
        "drafts": Text("Số dự thảo thuộc phạm vi", "Drafts in scope"),
        "drafts_communicated": Text("Số dự thảo đã được truyền thông", "Drafts communicated"),
        "policies": Text("Số chính sách thuộc phạm vi", "Policies in scope"),
        "policies_communicated": Text(
            "Số chính sách được truyền thông từ khi lấy ý kiến",
            "Policies communicated from the consultation on",
        ),
        "activities": Text("Số hoạt động truyền thông", "Communication activities"),
        "items": Text("Số tin, bài, sản phẩm, lượt phát", "Items (articles, broadcasts, products)"),
        "attendance": Text("Số lượt người tham dự", "Attendances"),
        "reach_count": Text("Số lượt tiếp cận", "Reach"),
        "cost_state": Text("Kinh phí ngân sách nhà nước (đồng)", "State budget (đồng)"),
        "cost_social": Text("Kinh phí xã hội hóa (đồng)", "Social resources (đồng)"),
    }
)
"""In the order in which a report lists them."""
MOST_FIGURE = 10**15  # đồng; more than that is a typing error
