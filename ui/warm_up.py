"""Whether the server still warms up: it loads and measures the default model before the first visitor needs it."""

import threading

RUNNING = threading.Event()
"""Set from the start of the server until its warm-up has ended, whether it succeeded or not; see ui/server.py."""
