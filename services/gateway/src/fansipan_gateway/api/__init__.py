"""What the HTTP doors of every noun share."""
