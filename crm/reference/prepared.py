"""Queries that are put together once, as SQLite's own driver takes them: SQLAlchemy takes several times as long to hand
one over as SQLite to answer it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy.engine import Dialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.sql import Select

MOST_KEPT = 200
Turned = Callable[[Any], Any] | None
"""Between the driver's value and ours; None where they are the same."""


@dataclass(frozen=True)
class Prepared:
    """`asked`: name, way and value of each parameter in order; the value is that of one that is always the same.
    `columns`: name and way of each column."""

    text: str
    asked: tuple[tuple[str, Turned, Any], ...]
    columns: tuple[tuple[str, Turned], ...]

    def rows(self, driver: sqlite3.Connection, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Raises OperationalError, as SQLAlchemy does."""
        given = [values.get(name, fixed) for name, _, fixed in self.asked]
        turned = [way(value) if way else value for value, (_, way, _) in zip(given, self.asked, strict=True)]
        try:
            found = driver.execute(self.text, turned).fetchall()
        except sqlite3.Error as error:
            raise OperationalError(self.text, None, error) from error
        columns = self.columns
        return [
            {name: way(value) if way else value for (name, way), value in zip(columns, row, strict=True)}
            for row in found
        ]


@lru_cache(MOST_KEPT)
def prepared(query: Select, dialect: Dialect) -> Prepared:
    """A query is known by its identity."""
    compiled = query.compile(dialect=dialect)
    params = compiled.construct_params(_check=False)
    asked = [(name, compiled.binds.get(name)) for name in compiled.positiontup]
    return Prepared(
        str(compiled),
        tuple(
            (
                name,
                bind.type.dialect_impl(dialect).bind_processor(dialect) if bind is not None else None,
                params.get(name),
            )
            for name, bind in asked
        ),
        tuple(
            (column.name, column.type.dialect_impl(dialect).result_processor(dialect, None))
            for column in query.selected_columns
        ),
    )
