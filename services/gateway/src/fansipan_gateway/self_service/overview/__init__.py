"""What a provider has."""
