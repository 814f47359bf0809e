"""What both a laptop and a deployment need: zips, the Lambda package, AWS clients, TOML."""
