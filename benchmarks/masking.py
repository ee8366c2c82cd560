"""How much of what names a person is starred out, and how much of what does not is left alone.

    PYTHONPATH=. python benchmarks/masking.py [--show]

tests/cases/masking_forms.csv: sentences with what has to go in {braces}; masking_innocent.csv: sentences to be left as
they are. Both were written by hand, as residents write. A form counts as found when nothing that was in braces is left,
however it is written: a digit is compared as a digit, without what stands between two of them.
"""

import argparse
import csv
import re
import unicodedata
from collections import Counter
from pathlib import Path

from cases.masking import mask

FOLDER = Path("tests/cases")
RECALL, PRECISION = 0.99, 0.98
_BETWEEN = re.compile(r"[^\w*]|_")
_DIGITS = str.maketrans("〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖貳參陸", "001234567891123456789236")


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--show", action="store_true", help="Every miss and every false star.")
    given = ask.parse_args()
    missed, kinds = misses()
    starred, innocent = false_stars()
    wrong = Counter(kind for kind, _ in missed)
    for kind, count in kinds.items():
        print(f"{kind:<8} {count - wrong[kind]:>4} of {count:>4}")
    total = sum(kinds.values())
    print(f"recall {1 - len(missed) / total:.4f} ({total} forms, must be {RECALL})")
    print(f"left alone {1 - len(starred) / innocent:.4f} ({innocent} innocent sentences, must be {PRECISION})")
    for text in [*(text for _, text in missed), *starred] if given.show else ():
        print(f"  {text}  →  {mask(text.replace('{', '').replace('}', ''))}")


def misses() -> tuple[list[tuple[str, str]], Counter[str]]:
    """Forms of which something is left, and how many there are of each kind."""
    rows = [(row["kind"], row["text"]) for row in _read("masking_forms.csv")]
    return [(kind, text) for kind, text in rows if not gone(text)], Counter(kind for kind, _ in rows)


def false_stars() -> tuple[list[str], int]:
    rows = [row["text"] for row in _read("masking_innocent.csv")]
    return [text for text in rows if plain(mask(text)) != plain(text)], len(rows)


def gone(form: str) -> bool:
    """As many letters and digits fewer as were in braces, and those not in a row any more."""
    whole, masked = plain(form), plain(mask(form.replace("{", "").replace("}", "")))
    return secret(form) not in masked and len(masked.replace("*", "")) <= len(whole) - len(secret(form))


def secret(form: str) -> str:
    """From the first brace to the last."""
    return plain(form[form.index("{") : form.rindex("}")])


def plain(text: str) -> str:
    """One way of writing for all ways; only letters, digits and stars."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text).translate(_DIGITS)).lower()


def _read(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
