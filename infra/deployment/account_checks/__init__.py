"""What only the account can tell: each module asks for one matter and names the parameter."""
