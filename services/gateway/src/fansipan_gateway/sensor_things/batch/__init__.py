"""Several requests in one: `POST /sta/v1.1/$batch`."""
