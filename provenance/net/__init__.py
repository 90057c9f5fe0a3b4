"""HTTP towards strangers: one exchange within one deadline, whatever the other side does."""

from provenance.net.post import HttpPost, place_of

__all__ = ["HttpPost", "place_of"]
