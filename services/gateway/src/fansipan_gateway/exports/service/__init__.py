"""Making files: of figures, of time series, and how they are streamed."""
