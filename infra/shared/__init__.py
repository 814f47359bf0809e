"""Code that laptop and deployment share: zips, the Lambda package, AWS clients, TOML."""
