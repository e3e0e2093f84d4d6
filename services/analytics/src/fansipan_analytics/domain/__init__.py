"""Rules of the store: pure, column by column, no I/O."""
