"""Facts → unit, person: first match wins. Knows rows and words, no database, no chat."""
