"""Start the service: `python -m fansipan_ingest`."""

from fansipan_common.server import run_service
from fansipan_ingest.app import build
from fansipan_ingest.settings import IngestSettings

if __name__ == "__main__":
    run_service("ingest", IngestSettings, build)
