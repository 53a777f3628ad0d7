"""The way out: providers, and what is needed to be patient with them.

A parcel is one touch in its words, ready to go.  A provider hands it to the world and says that it
was accepted, or raises what went wrong: `Transient`, of which another attempt may come, or
`Permanent`.  Nothing here knows of journeys, opens the database or decides whether a touch may go.
"""
