"""Open data: what everybody may read and use, and its catalogue for other portals."""
