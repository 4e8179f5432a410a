"""The durable side: inbox, alerts, the record, accounts, quarantine and snapshots, on SQLAlchemy."""
