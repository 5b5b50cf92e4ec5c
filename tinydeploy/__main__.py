"""`python -m tinydeploy`."""

from tinydeploy.cli.app import main

main()
