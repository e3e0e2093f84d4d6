"""What could not be used, why, and sending it again."""
