"""The key that signs the models of all tests: what one run trained, the programs of the next may serve."""

from classifiers import SigningKey

MODELS = SigningKey("a-key-for-tests-only-0123456789abcdefghijkl")
