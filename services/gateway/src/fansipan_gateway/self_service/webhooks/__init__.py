"""Who is told of figures and alerts."""
