"""Rules of reading figures: whose, of which period, by which version, as known when."""
