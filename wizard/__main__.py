"""``python -m wizard`` is ``pg-rekey``."""

from wizard.cli import main

main()
