"""The console, shell.py is what its pages share, menu.py who sees what."""
