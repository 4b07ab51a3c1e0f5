"""Measurements that anybody can repeat; each prints both arms of a comparison."""
