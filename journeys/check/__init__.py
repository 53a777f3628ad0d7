"""Every problem of a folder of definitions, at once, before any customer meets one."""
