"""The write points of a job, and a way to end it there as a kill does.

A write point is a call to AWS that changes something, a changing SQL statement, or a commit. The
process dies before the n-th of them: what the job wrote until then stays, an open transaction is
lost, and nothing that the job does afterwards (``finally``, ``except``) reaches anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient
from sqlalchemy import Connection, Engine, event

#: The beginnings of the names of AWS operations that change nothing.
READS = ("Get", "List", "Head", "Describe")


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_at(owner: type, method: str) -> Iterator[None]:
    """End the process that runs here where it calls this method of a class."""

    def die(*_arguments: Any) -> None:
        raise Killed(f"at {owner.__name__}.{method}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, method, die)
        with pytest.raises(Killed):
            yield


class WritePoints:
    """Counts the writes of a job and ends it before one of them.

    :param fatal: the number of that write, from 1; None lets the job get through
    """

    def __init__(self, fatal: int | None = None) -> None:
        self.fatal = fatal
        self.passed: list[str] = []
        self.dead = False

    def reach(self, name: str) -> None:
        """Come to a write.

        :raises Killed: if it is the fatal one, and at all after it.
        """
        self.check()
        if len(self.passed) + 1 == self.fatal:
            self.dead = True
        self.check()
        self.passed.append(name)

    def check(self) -> None:
        """Do nothing, if the process still lives.

        :raises Killed: if it does not.
        """
        if self.dead:
            raise Killed(f"before write {self.fatal}, after {self.passed}")

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch all AWS clients and databases of this process."""
        listeners: dict[str, Callable[..., None]] = {
            "before_cursor_execute": self._execute,
            "commit": self._commit,
        }
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(BaseClient, "_make_api_call", self._calling(BaseClient._make_api_call))
            for name, listener in listeners.items():
                event.listen(Engine, name, listener)
            try:
                yield
            finally:
                for name, listener in listeners.items():
                    event.remove(Engine, name, listener)

    def _calling(self, call: Any) -> Any:
        def make_api_call(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
            if operation.startswith(READS):
                self.check()
            else:
                self.reach(f"{operation} {parameters.get('Key', '')}".strip())
            return call(client, operation, parameters)

        return make_api_call

    def _execute(self, _connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        verb, *rest = statement.split()
        if verb.upper() in ("INSERT", "UPDATE", "DELETE"):
            self.reach(f"{verb} {' '.join(rest[:2])}")
        else:
            self.check()

    def _commit(self, connection: Connection) -> None:
        # SQLAlchemy ends a transaction that only read with a commit as well.
        if connection.get_execution_options().get("emmaa_writing"):
            self.reach("COMMIT")
        else:
            self.check()
