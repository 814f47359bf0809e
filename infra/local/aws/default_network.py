"""The account's default VPC, with the same ids at each start.

moto makes them up at random. A compute environment names subnets and security groups, so a request
that made one would be refused by the next server.
"""

from __future__ import annotations

import os
from typing import Any

from moto.ec2.models import EC2Backend
from moto.moto_api._internal import mock_random


def install() -> None:
    """Make moto derive the ids of a region's default network from the region's name."""
    original = EC2Backend.__init__

    def seeded(self: EC2Backend, region_name: str, account_id: str, *more: Any) -> None:
        mock_random.seed(f"{account_id} {region_name}")
        try:
            original(self, region_name, account_id, *more)
        finally:
            mock_random.seed(os.urandom(32))

    EC2Backend.__init__ = seeded  # type: ignore[method-assign]
