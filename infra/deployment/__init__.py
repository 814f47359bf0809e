"""Production on AWS: the templates' parameters, what is uploaded, and the change sets."""
