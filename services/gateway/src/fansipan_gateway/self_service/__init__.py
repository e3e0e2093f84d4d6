"""A provider's own door: its keys, what it sends, a sandbox, webhooks."""
