"""Reading files in blocks: every kind gives the same blocks every time, so that a position is one number."""

from fansipan_bulk.sources.block import Block, Source
from fansipan_bulk.sources.opening import open_source

__all__ = ["Block", "Source", "open_source"]
