"""The console's lists of very many cases: see `__main__.py`."""
