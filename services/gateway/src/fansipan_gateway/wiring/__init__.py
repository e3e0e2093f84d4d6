"""Parts of the composition root, by what they are for: only `app` uses them."""
