"""What could not be used, kept in the database where people see it."""
