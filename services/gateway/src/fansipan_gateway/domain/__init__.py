"""Rules that every noun of the gateway shares: cursors, time ranges, who may see what."""
