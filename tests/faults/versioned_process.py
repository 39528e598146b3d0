"""`python -m tests.faults.versioned_process VERSION`: `parcours project` as code of that version of the rows."""

import sys

from parcours import processes
from shared.process.settings import load_settings

if __name__ == "__main__":
    sys.exit(processes.project(load_settings(), int(sys.argv[1])))
