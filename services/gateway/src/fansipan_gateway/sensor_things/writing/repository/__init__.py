"""The registry in the database, as one request writes it."""

from fansipan_gateway.sensor_things.writing.repository.session import WritingRepository, WritingSession

__all__ = ["WritingRepository", "WritingSession"]
