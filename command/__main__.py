"""`python -m command`, which the script `retake` runs (see `command.main`)."""

import sys

from command.main import main

if __name__ == "__main__":
    sys.exit(main())
