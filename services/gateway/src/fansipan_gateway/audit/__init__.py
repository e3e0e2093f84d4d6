"""Who did what, written down where it cannot be changed."""

from fansipan_gateway.audit.repository import AuditTrail

__all__ = ["AuditTrail"]
