"""Bench: what the engine does in a second on this machine, beside what the machine could do without it.

Each measurement walks real parts, as processes of their own where they are in real life, and then a floor: the
same rows or requests by bare statements, with nothing decided.  The ratio of the two says something of the
engine; either of them alone says more of the machine.

It has one small company to measure with (`subject`), and keeps nothing: its databases are new, and gone afterwards.
"""
