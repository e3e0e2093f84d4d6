"""What we take from others: under which licences, and whether something is known to be wrong with it."""
