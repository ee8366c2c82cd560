"""Addresses of databases, as people write them and as our libraries want them."""

import pytest

from app.database import libpq_url, sqlalchemy_url

WRITTEN = [
    "postgresql://u:p%40ss@h:5432/d",
    "postgres://u:p%40ss@h:5432/d",
    "postgresql+psycopg://u:p%40ss@h:5432/d",
    "postgresql+asyncpg://u:p%40ss@h:5432/d",
]


@pytest.mark.parametrize("written", WRITTEN)
def test_one_driver_however_it_is_written(written: str) -> None:
    assert sqlalchemy_url(written) == "postgresql+psycopg://u:p%40ss@h:5432/d"
    assert libpq_url(written) == "postgresql://u:p%40ss@h:5432/d"


def test_a_folder_of_a_socket_survives() -> None:
    url = "postgresql://postgres@/fengqiao?host=/a/b%20c/postgres"
    assert libpq_url(sqlalchemy_url(url)).split("?")[0] == "postgresql://postgres@/fengqiao"
    assert "b%20c" in libpq_url(url) or "b+c" in libpq_url(url)


def test_another_kind_of_database_is_refused_without_its_password() -> None:
    with pytest.raises(ValueError, match="not a PostgreSQL address") as refused:
        sqlalchemy_url("mysql://u:hidden@h/d")
    assert "hidden" not in str(refused.value)
