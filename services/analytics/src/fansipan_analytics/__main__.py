"""Start the service: `python -m fansipan_analytics`."""

from fansipan_analytics.app import build
from fansipan_analytics.settings import AnalyticsSettings
from fansipan_common.server import run_service

if __name__ == "__main__":
    run_service("analytics", AnalyticsSettings, build)
