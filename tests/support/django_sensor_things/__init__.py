"""Another SensorThings server, django-ogc-sensorthings, to compare ours with. It runs in a process of its own."""
