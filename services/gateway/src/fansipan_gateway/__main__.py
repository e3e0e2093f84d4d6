"""Start the service: `python -m fansipan_gateway`."""

from fansipan_common.server import run_service
from fansipan_gateway.app import build
from fansipan_gateway.settings import GatewaySettings

if __name__ == "__main__":
    run_service("gateway", GatewaySettings, build)
