"""What stops the program and a person can mend: said in words, without a traceback."""


class CannotGoOn(Exception):
    """The message says what is in the way."""
