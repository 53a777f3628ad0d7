"""In the app: nothing is sent.  A touch that went stands in the outbox, and the app asks for it."""

from __future__ import annotations

from journeys.delivery.parcel import Accepted, Parcel


class InAppProvider:
    knows_keys = True

    @property
    def where(self) -> str:
        return "the app, which asks for them"

    def send(self, parcel: Parcel) -> Accepted:
        return Accepted()

    def close(self) -> None:
        pass
