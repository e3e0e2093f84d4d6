"""What a file probably is: guesses that say their reasons, for a person to confirm."""
