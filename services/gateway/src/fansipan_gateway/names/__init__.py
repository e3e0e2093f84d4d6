"""What agencies and procedures are called."""
