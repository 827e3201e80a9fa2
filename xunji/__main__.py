"""`python -m xunji`: the command `xunji`."""

from xunji.command_line import main

main()
