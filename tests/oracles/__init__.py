"""Slow or foreign implementations that judge ours; they import nothing that they judge."""
