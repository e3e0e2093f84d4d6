"""What indicators are and how they are computed: definitions, formulas, calendars. Pure, but for reading YAML."""
