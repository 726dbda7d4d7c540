"""`python -m tfkit`: the command line."""

from tfkit.cli import main

raise SystemExit(main())
