"""Messages to people: links, notes, results, failures and late models."""
