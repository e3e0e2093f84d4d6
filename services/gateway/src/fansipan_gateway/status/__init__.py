"""Which parts of the platform answer, so that people are told how old what they see is."""
