"""Writes alert rules and dashboard as Kubernetes resources: `python -m deploy.prometheus.kubernetes`."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import indent

from deploy.grafana import dashboard

RULES = Path(__file__).with_name("alerts.yml")
FOLDER = Path(__file__).parents[1] / "k8s" / "monitoring"
HEAD = "# Made by `python -m deploy.prometheus.kubernetes`.\n"
RULES_HEAD = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: loa
spec:
"""
DASHBOARD_HEAD = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: loa-dashboard
  labels: {grafana_dashboard: "1"}
data:
  loa.json: |
"""


def files() -> Mapping[str, str]:
    """Give the text of each file: the rules for the Prometheus Operator, the dashboard for Grafana's sidecar."""
    rules = RULES.read_text(encoding="utf-8")
    return {
        "rules.yaml": HEAD + RULES_HEAD + indent(rules, "  "),
        "dashboard.yaml": HEAD + DASHBOARD_HEAD + indent(dashboard.text(), "    "),
    }


if __name__ == "__main__":
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
