"""The pipeline's stages, each run as `python -m stages.NAME`."""

import signal
import sys

if sys.argv[0] == "-m":  # as long as Python is looking for the stage
    # Their imports take a second, in which Python would answer Ctrl-C with a traceback. From then
    # on gan/stopping.py listens.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
