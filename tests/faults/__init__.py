"""Kill the service and its node, and let an auditor who knows only public formats judge."""
