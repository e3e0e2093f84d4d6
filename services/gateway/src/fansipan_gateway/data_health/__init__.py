"""How well the sensors report."""
