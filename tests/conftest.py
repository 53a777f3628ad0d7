"""How long the random tests look: `pytest --hypothesis-profile=long` tries twenty times as many examples."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("everyday", max_examples=50)
settings.register_profile("long", max_examples=1_000)
settings.load_profile("everyday")
