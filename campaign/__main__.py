"""`python -m perrin.campaign`: the `perrin` command, whatever is on the search path."""

from .cli import main

main()
