"""Work on uploaded files: by a lease, in a process of its own, from where the last one came to."""
