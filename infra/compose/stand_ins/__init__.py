"""Images that stand for the official ones where no registry is reachable."""
