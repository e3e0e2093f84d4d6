"""The parts of the stack: how each one is prepared, started, and known to be ready."""

from fansipan_local.parts.part import Part

__all__ = ["Part"]
