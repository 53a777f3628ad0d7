"""Real time: the shell around the core in which real customers advance."""
