"""Web services that jobs use: requests with limits, and answers that are checked."""
