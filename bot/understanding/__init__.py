"""From a text to what is meant: language, danger, search. Computing only, without I/O."""
