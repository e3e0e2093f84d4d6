"""Pushing items to ingest: bounded, in order for each thing, never dropping."""

from fansipan_cli.sending.backoff import Backoff
from fansipan_cli.sending.client import IngestClient
from fansipan_cli.sending.lanes import Outgoing, Sender
from fansipan_cli.sending.tally import Tally

__all__ = ["Backoff", "IngestClient", "Outgoing", "Sender", "Tally"]
