"""Files that providers upload: looked at, checked, imported."""
