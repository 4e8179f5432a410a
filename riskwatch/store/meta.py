"""Facts about the store itself, by key."""

from __future__ import annotations

import sqlalchemy as sa

from riskwatch.store import schema


class Meta:
    """Reads and writes single facts."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def get(self, key: str) -> str | None:
        """The fact, or None."""
        with self._database.connect() as tx:
            return tx.execute(sa.select(schema.meta.c.value).where(schema.meta.c.key == key)).scalar()

    def set(self, key: str, value: str) -> None:
        """Write the fact."""
        with self._database.begin() as tx:
            table = schema.meta
            if tx.execute(table.update().where(table.c.key == key).values(value=value)).rowcount == 0:
                tx.execute(table.insert().values(key=key, value=value))

    def set_once(self, key: str, value: str) -> str:
        """Write the fact unless it is there; returns the one that is."""
        found = self.get(key)
        if found is None:
            self.set(key, value)
            return value
        return found
