"""HTTP posts to strangers, each within one deadline and a size, whatever the other side does."""
