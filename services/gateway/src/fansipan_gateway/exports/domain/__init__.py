"""What is exported: tables, formats, bounds, and what a file says of itself."""
