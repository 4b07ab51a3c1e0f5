"""What the larger commands of ``lotse`` do; each may use everything, and only ``__main__`` uses them."""
