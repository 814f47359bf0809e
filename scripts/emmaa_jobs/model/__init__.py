"""The files and records of a model: config, states, assembled statements, rounds, test corpora."""
