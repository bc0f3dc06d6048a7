"""Writes the Grafana dashboard from a table of panels: `python -m deploy.grafana.dashboard`."""

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("loa.json")
WIDTH, HEIGHT = 8, 7  # three panels a row of Grafana's 24 columns
BANNER_HEIGHT = 3

# What stops everything else: across the whole width, green while all is well.
BANNER = "Nhật ký sự kiện / Event log"
BANNER_SERIES = {
    "max by (service) (loa_log_fence_closed)": "{{service}}",
}
BANNER_STATES = {
    "0": {"text": "bình thường / as recorded", "color": "green"},
    "1": {"text": "ĐÃ BỊ THAY: loa recover / REPLACED: loa recover", "color": "red"},
}

# Title in two languages, unit, and series: expression and legend.
PANELS: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "Khoảng trống / Gaps",
        "none",
        {"max by (state) (loa_gaps)": "{{state}}"},
    ),
    (
        "Quá hạn lâu nhất (ngày làm việc) / Oldest overdue",
        "none",
        {"max(loa_gaps_oldest_overdue_days)": "days"},
    ),
    (
        "Hệ thống đọc sự kiện còn chậm / Subscribers behind",
        "none",
        {"max by (consumer) (loa_subscriber_pending + loa_subscriber_unacknowledged)": "{{consumer}}"},
    ),
    ("Cảnh báo / Alerts", "none", {"max by (state) (loa_alerts)": "{{state}}"}),
    (
        "Thư / Mails",
        "none",
        {"sum by (outcome, reason) (increase(loa_mails_total[1h]))": "{{outcome}} {{reason}}"},
    ),
    (
        "Thư chờ lâu nhất / Oldest waiting mail",
        "s",
        {"max(loa_ledger_oldest_seconds)": "oldest", "max(loa_sending_held)": "held"},
    ),
    ("Sổ thư / Ledger", "none", {"max by (state) (loa_ledger_mails)": "{{state}}"}),
    (
        "Ghi nhật ký, p99 / Appends, p99",
        "s",
        {
            'histogram_quantile(0.99, sum by (le, context) (rate(loa_append_seconds_bucket{outcome="appended"}[5m])))': (
                "{{context}}"
            )
        },
    ),
    (
        "Dung lượng đĩa còn trống / Free disk space",
        "percentunit",
        {
            'min by (disk) (node_filesystem_avail_bytes{job="loa-disks"} / node_filesystem_size_bytes{job="loa-disks"})': (
                "{{disk}}"
            ),
            "min by (persistentvolumeclaim) (kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes)": (
                "{{persistentvolumeclaim}}"
            ),
        },
    ),
    (
        "Kết quả ghi / Appends by outcome",
        "ops",
        {"sum by (outcome) (rate(loa_append_seconds_count[5m]))": "{{outcome}}"},
    ),
    ("Sự kiện / Events", "ops", {"sum by (type) (rate(loa_appended_events_total[5m]))": "{{type}}"}),
    (
        "Dữ liệu đọc chậm (sự kiện) / Lag in events",
        "none",
        {"max by (projection) (loa_projection_lag_events)": "{{projection}}"},
    ),
    (
        "Dữ liệu đọc chậm (giây) / Lag in seconds",
        "s",
        {
            "max by (projection) (loa_projection_lag_seconds)": "{{projection}}",
            "max by (projection) (loa_projection_halted)": "{{projection}} halted",
        },
    ),
    (
        "Vị trí / Position",
        "none",
        {"max by (projection) (loa_projection_position)": "{{projection}}"},
    ),
    (
        "Xử lý sự kiện / Consumers",
        "ops",
        {"sum by (consumer, outcome) (rate(loa_messages_total[5m]))": "{{consumer}} {{outcome}}"},
    ),
    (
        "Chờ xử lý / Pending messages",
        "none",
        {"max by (consumer) (loa_consumer_pending)": "{{consumer}}"},
    ),
    (
        "HTTP, p95",
        "s",
        {
            "histogram_quantile(0.95, sum by (le, service, route) (rate(loa_http_seconds_bucket[5m])))": (
                "{{service}} {{route}}"
            ),
        },
    ),
    (
        "HTTP",
        "reqps",
        {"sum by (service, status) (rate(loa_http_seconds_count[5m]))": "{{service}} {{status}}"},
    ),
)


def dashboard() -> dict[str, Any]:
    return {
        "uid": "loa",
        "title": "Loa",
        "tags": ["loa"],
        "timezone": "Asia/Ho_Chi_Minh",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [
                {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
            ]
        },
        "panels": [_banner(), *(_panel(number, *panel) for number, panel in enumerate(PANELS))],
    }


SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def _banner() -> dict[str, Any]:
    return {
        "id": len(PANELS) + 1,
        "type": "stat",
        "title": BANNER,
        "datasource": SOURCE,
        "gridPos": {"x": 0, "y": 0, "w": 24, "h": BANNER_HEIGHT},
        "options": {"colorMode": "background", "graphMode": "none", "textMode": "value_and_name"},
        "fieldConfig": {
            "defaults": {"mappings": [{"type": "value", "options": BANNER_STATES}]},
            "overrides": [],
        },
        "targets": _targets(BANNER_SERIES),
    }


def _panel(number: int, title: str, unit: str, series: dict[str, str]) -> dict[str, Any]:
    row, column = divmod(number, 24 // WIDTH)
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": title,
        "datasource": SOURCE,
        "gridPos": {"x": column * WIDTH, "y": BANNER_HEIGHT + row * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": _targets(series),
    }


def _targets(series: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
        for place, (expression, legend) in enumerate(series.items())
    ]


def text() -> str:
    return json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
