"""`python -m fansipan_local`."""

from fansipan_local.cli import main

main()
