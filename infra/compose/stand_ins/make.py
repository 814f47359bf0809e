"""Make the stand-ins of the base images, of Debian's own Python and PostgreSQL.

A minimal Debian by debootstrap, with Python 3.11 where the official image has it, stands for
``python``; the same with Debian's PostgreSQL 15 stands for ``postgres``. They prove the
Dockerfiles and the compose file, not the official images.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from emmaa_cycle.errors import InputError
from infra.compose.engine import Engine

PYTHON = "localhost/emmaa-stand-in-python:3.11"
POSTGRES = "localhost/emmaa-stand-in-postgres:15"
#: Puts them into docker-compose.yaml's place of the official images.
COMPOSE_FILE = Path(__file__).with_name("docker-compose.yaml")
_FOLDER = Path(__file__).parent
_SUITE = "bookworm"
_PACKAGES = "ca-certificates,libexpat1,python3,python3-pip,python3-venv"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def make_stand_ins(engine: Engine) -> None:
    """Make those that are missing.

    :raises InputError: if debootstrap is missing.
    :raises RuntimeError: if it fails, for one because this is not root.
    """
    if not _exists(engine, PYTHON):
        _import_debian(engine)
    if not _exists(engine, POSTGRES):
        base = f"BASE={PYTHON}"
        dockerfile = _FOLDER / "postgres.Dockerfile"
        engine.build(dockerfile, POSTGRES, "--build-arg", base, context=_FOLDER)


def _exists(engine: Engine, name: str) -> bool:
    return engine.run("image", "inspect", name, check=False).returncode == 0


def _import_debian(engine: Engine) -> None:
    if shutil.which("debootstrap") is None:
        raise InputError("no registry gives the base images, and stand-ins need debootstrap")
    with tempfile.TemporaryDirectory(prefix="emmaa-stand-in-") as folder:
        root, archive = Path(folder) / "root", Path(folder) / "root.tar"
        _run("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(root))
        for name in ("python", "python3", "python3.11"):
            (root / "usr/local/bin" / name).symlink_to("/usr/bin/python3.11")
        # Whatever this machine trusts, a proxy of its own for one, the builds need to trust, too.
        shutil.copy(_CERTIFICATES, root / _CERTIFICATES.relative_to("/"))
        _run("tar", "--directory", str(root), "--create", "--file", str(archive), ".")
        changes = (
            f"ENV SSL_CERT_FILE={_CERTIFICATES}",
            "ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        )
        words = [word for change in changes for word in ("--change", change)]
        engine.run("import", *words, str(archive), PYTHON)


def _run(*argv: str) -> None:
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{argv[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
