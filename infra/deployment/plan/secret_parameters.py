"""The parameters that hold the ARN of a secret."""

from __future__ import annotations

SECRETS = (
    "PrimaryDatabaseSecretArn",
    "StatementDatabaseSecretArn",
    "MailSignSecretArn",
    "NcbiApiKeySecretArn",
    "IndraDbKeySecretArn",
    "NdexUserSecretArn",
    "NdexPasswordSecretArn",
)
