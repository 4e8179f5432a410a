"""Every sentence a person reads, in English and Chinese: CLI, page, API and channels ask here."""
