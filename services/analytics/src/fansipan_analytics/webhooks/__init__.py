"""Who else is told: figures and alerts that changed, as signed HTTP requests."""
