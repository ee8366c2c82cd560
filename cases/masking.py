"""What a complaint's text may not show to those who handle it: telephone and identity numbers."""

import re
import unicodedata

_IDENTITY = re.compile(r"(?<!\d)(\d{6})(?:[\s-]?\d){8}([\s-]?\d){3}[\s-]?[\dXx](?!\d)")
_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)[\s-]?\d{4}[\s-]?(\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3})[\s-]?\d{3,4}[\s-]?(\d{4})(?!\d)")
_CARD = re.compile(r"(?<!\d)(\d{4})(?:[\s-]?\d){8,11}((?:[\s-]?\d){4})(?!\d)")  # the last group may be of three


_SELF = re.compile(r"(我|本人|俺)(叫|姓|是)[^，。！？,.!?\s]{1,12}|my name is \S+( \S+)?|I am \S+ \S+", re.IGNORECASE)
_HOME = re.compile(r"\d{1,4}\s*(?=[室房戶户])|(?<=单元)\s*\d{2,4}|(?<=單元)\s*\d{2,4}")


def redact(text: str) -> str:
    """What strangers may read of it: besides numbers no flat and no “我叫…”, and no line breaks."""
    plain = _HOME.sub("*", _SELF.sub("…", mask(text)))
    return " ".join(plain.split())


def mask(text: str) -> str:
    """The text with the middle of every number that names a person starred out; full-width digits too."""
    plain = "".join(unicodedata.normalize("NFKC", c) if "０" <= c <= "９" else c for c in text)
    plain = _IDENTITY.sub(lambda m: f"{m[1]}********{m[0][-1]}", plain)
    plain = _MOBILE.sub(r"\1****\2", plain)
    plain = _CARD.sub(lambda m: m[1] + "****" + re.sub(r"\D", "", m[2]), plain)
    return _LANDLINE.sub(r"\1****\2", plain)


def mask_phone(number: str) -> str:
    """138****1234; shorter numbers keep only their last two digits."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else "*" * (len(number) - 2) + number[-2:]
