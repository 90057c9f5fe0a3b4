"""Reads and writes the disk, so that what it wrote is there whole or not at all."""
