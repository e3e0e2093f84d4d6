"""The command `fansipan`: set a platform up, feed it, look after it."""
