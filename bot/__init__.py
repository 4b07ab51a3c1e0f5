"""Lotse, the Telegram bot of MIGRANET-MV."""

__version__ = "0.1.0"
