"""Is everything there and well? One function a check; each says what to do when it is not."""
