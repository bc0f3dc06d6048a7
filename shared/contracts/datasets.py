"""What must stand above everything that is shown of data that are not an office's own."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from shared.contracts.vocabulary import Dataset
from shared.kernel.errors import Text

BANNERS: Mapping[Dataset, Text] = MappingProxyType(
    {
        Dataset.SAMPLE: Text(
            "Dữ liệu mẫu, tổng hợp không đầy đủ từ nguồn công khai, chỉ để minh họa; "
            "không phải là đánh giá về bất kỳ cơ quan nào.",
            "Sample data, incomplete, compiled from public sources for illustration; "
            "not an assessment of any body.",
        ),
        Dataset.EXERCISE: Text(
            "Dữ liệu thực tập, hoàn toàn hư cấu; đơn vị, dự thảo và số liệu không có thật.",
            "Exercise data, entirely fictitious; the units, drafts and figures are not real.",
        ),
    }
)


def banners(datasets: Iterable[Dataset]) -> list[Text]:
    """Give each sentence that the data at hand call for once; none for live data."""
    present = set(datasets)
    return [text for dataset, text in BANNERS.items() if dataset in present]
