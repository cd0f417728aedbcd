"""A site of its own for the browser: its database, web server and worker, as `make run` starts them."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
LEARNERS = "60"
# Demo dates are set from today; a template of yesterday would show another day's due dates.
SET_UP = ("*/migrations/*.py", "content/**/*", "lms/simulation/*.py", "*/management/commands/*.py", "requirements.txt")


@dataclass(frozen=True, kw_only=True)
class Site:
    address: str
    environment: dict[str, str]
    var: Path

    @property
    def demo_password(self) -> str:
        return (self.var / "demo-password").read_text(encoding="utf-8").strip()

    def manage(self, *words: str) -> str:
        """What a command of manage.py prints."""
        return _run(self.environment, str(ROOT / "manage.py"), *words)

    def peek(self, *words: str) -> str:
        """What tests/browser/peek.py prints: it reads the site's database, which this process has no part in."""
        return _run(self.environment, "-m", "tests.browser.peek", *words)


@contextmanager
def running_site(scratch: Path, database_url: str = "", redis_url: str = "", **settings: str) -> Iterator[Site]:
    """A demo city on a free port of this machine, with these `settings` besides.

    Everything it writes lies in `scratch` or in a database of its own.
    """
    var = scratch / f"browser-{os.getpid()}"
    shutil.rmtree(var, ignore_errors=True)
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    environment = _environment(var, address) | settings
    if redis_url:
        # The tests beside us empty their Redis database after each test: ours is the next one.
        parts = urlsplit(redis_url)
        environment["REDIS_URL"] = urlunsplit(parts._replace(path=f"/{int(parts.path.strip('/') or 0) + 1}"))
    try:
        if database_url:
            with _database(database_url) as own_url:
                environment["DATABASE_URL"] = own_url
                var.mkdir(parents=True)
                _set_up(environment)
                with _servers(environment, var, port):
                    yield Site(address=address, environment=environment, var=var)
        else:
            shutil.copytree(_template(scratch), var)
            with _servers(environment, var, port):
                yield Site(address=address, environment=environment, var=var)
    finally:
        shutil.rmtree(var, ignore_errors=True)


def _environment(var: Path, address: str) -> dict[str, str]:
    ours = ("DATABASE", "REDIS", "CELERY", "XAPI", "DJANGO_SETTINGS", "VAR_DIR", "MEDIA", "PYTEST", "DEBUG", "SECRET_KEY")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "DJANGO_SETTINGS_MODULE": "lms.settings.local", "VAR_DIR": str(var), "PUBLIC_URL": address,
            "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}  # fmt: skip


def _run(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def _set_up(environment: dict[str, str]) -> None:
    _run(environment, "manage.py", "migrate", "-v", "0")
    _run(environment, "manage.py", "setup_demo", "--learners", LEARNERS)


def _template(scratch: Path) -> Path:
    """A folder with a set-up city, made once for as long as nothing changes that the set-up depends on."""
    state = hashlib.sha256(f"{LEARNERS} {dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).date()}".encode())
    for path in sorted(path for pattern in SET_UP for path in ROOT.glob(pattern) if path.is_file()):
        state.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    template = scratch / f"browser-template-{state.hexdigest()[:16]}"
    if not template.exists():
        for old in scratch.glob("browser-template-*"):
            shutil.rmtree(old, ignore_errors=True)
        building = scratch / f"browser-building-{os.getpid()}"
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        _set_up(_environment(building, "http://127.0.0.1"))
        try:
            building.rename(template)
        except OSError:  # another run on this machine was quicker; its template is as good
            shutil.rmtree(building)
    return template


@contextmanager
def _database(server_url: str) -> Iterator[str]:
    """A database beside the one of `server_url`, dropped at the end."""
    name = f"hocai_browser_{os.getpid()}"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(drop)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def _servers(environment: dict[str, str], var: Path, port: int) -> Iterator[None]:
    web = [
        str(BIN / "gunicorn"), "lms.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "1",
        "--threads", "8", "--timeout", "60", "--log-level", "warning", "--no-control-socket",
    ]  # fmt: skip
    worker = [
        str(BIN / "celery"), "-A", "lms", "worker", "-P", "threads", "-c", "2", "-B", "-s", str(var / "beat"),
        "--loglevel", "WARNING", "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    with (var / "web.log").open("wb") as web_log, (var / "worker.log").open("wb") as worker_log:
        running = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
            for command, log in ((web, web_log), (worker, worker_log))
        ]
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}/readyz", running[0], var / "web.log")
            yield
        finally:
            for process in running:
                process.terminate()
            for process in running:
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(5)


def _wait_until_ready(address: str, web: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and web.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
    raise RuntimeError(f"The site did not get ready:\n{log.read_text(errors='replace')[-4000:]}")
