"""Lotse, the Telegram bot of MIGRANET-MV."""

import os

__version__ = "0.1.0"

# Before numpy is imported anywhere: its threads would take the cores from each other and from answers.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
