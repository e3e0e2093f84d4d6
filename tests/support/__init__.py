"""What several kinds of test share: senders, providers, processes, and what must hold of a database."""
