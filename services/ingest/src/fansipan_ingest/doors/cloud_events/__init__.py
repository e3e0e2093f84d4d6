"""CloudEvents 1.0 of every type that is taken in, at one address."""
