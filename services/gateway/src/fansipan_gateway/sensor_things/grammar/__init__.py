"""The language of addresses: paths and query options, read into small trees. It knows no entity and no table."""
