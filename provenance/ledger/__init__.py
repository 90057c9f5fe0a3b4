"""Use cases, one verb a file, over the ports that they declare; nothing here touches the world."""
