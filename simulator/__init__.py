"""A Telegram Bot API on this machine, for development and tests. The product never imports it."""
