"""Reading definitions and figures, explaining figures, and asking what if."""
