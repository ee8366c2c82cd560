"""What decides how a text is cut. A model that learned from words cut one way is asked about words cut the same way."""

import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files


@cache
def dictionary(segmenter: str) -> str:
    """sha256 over the segmenter and OpenCC, whose dictionaries come with their versions, and our stop words."""
    said = "\n".join(f"{package} {version(package)}" for package in (segmenter, "opencc"))
    stop = files("classifiers").joinpath("lexicons/stopwords.txt").read_bytes()
    return hashlib.sha256(said.encode() + b"\n" + stop).hexdigest()
