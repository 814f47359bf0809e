"""Where the cycle runs: production templates, images, and the embedded AWS."""
