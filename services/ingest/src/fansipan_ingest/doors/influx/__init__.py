"""The write API of InfluxDB, versions 1 and 2: line protocol, as Telegraf and many loggers send it."""
