"""Reading the facts of other services: one contract (`Feed`), two sources (`shared.feed.store`, `shared.feed.kafka`)."""

from shared.feed.contract import (
    Arrived,
    Delivery,
    EnsurePlaces,
    Feed,
    Key,
    Letter,
    LoadPlaces,
    Move,
    OtherLogError,
    Place,
    PlaceOutOfRangeError,
)

__all__ = [
    "Arrived",
    "Delivery",
    "EnsurePlaces",
    "Feed",
    "Key",
    "Letter",
    "LoadPlaces",
    "Move",
    "OtherLogError",
    "Place",
    "PlaceOutOfRangeError",
]
