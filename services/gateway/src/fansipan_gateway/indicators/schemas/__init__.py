"""What the doors of the indicators take and give."""
