"""analytics: store exactly once, keep rollups, follow dossiers."""
