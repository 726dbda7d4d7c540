"""`python -m legacy_tf1`: the command line."""

from legacy_tf1.cli import main

raise SystemExit(main(last=True))
