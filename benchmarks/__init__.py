"""Measurements that anybody can repeat; each prints both arms of a comparison."""

import bot  # noqa: F401 (before numpy: see there)
