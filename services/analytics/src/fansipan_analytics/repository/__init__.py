"""What analytics writes: every module works on the connection of the transaction it is given."""
