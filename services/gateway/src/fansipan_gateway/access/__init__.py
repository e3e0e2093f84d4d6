"""Who reads: API keys, operators, and anybody where reading is open."""
