"""What is evaluated, and what waits."""
