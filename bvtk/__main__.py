"""`python -m bvtk`."""

from bvtk.cli.main import main

main()
