"""What public services did, counted."""
