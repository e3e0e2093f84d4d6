"""Administrative areas as GeoJSON."""
