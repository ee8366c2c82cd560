"""Categories and cases in the words of Open311, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bot.texts import say
from bot.wording import when
from cases.book import Book
from cases.errors import NotFound
from cases.masking import mask
from cases.published import ONGOING, Request, Update
from models import Case, Category, Outcome, Status
from web.parts import Parts
from web.present import iso

_S = Status
STATES: Mapping[Status, str] = {  # mySociety's words; answered ones by how it ended
    _S.SUBMITTED: "OPEN", _S.TRIAGE: "OPEN", _S.REOPENED: "OPEN",
    _S.DISPATCHED: "INVESTIGATING", _S.RETURNED: "INVESTIGATING", _S.ARBITRATION: "INVESTIGATING",
    _S.ACCEPTED: "IN_PROGRESS", _S.WAITING: "IN_PROGRESS", _S.REPLIED: "IN_PROGRESS",
    _S.REJECTED: "CLOSED", _S.WITHDRAWN: "CLOSED", _S.MERGED: "DUPLICATE",
}  # fmt: skip
ENDS: Mapping[Outcome, str] = {
    Outcome.SOLVED: "FIXED",
    Outcome.PARTLY: "NO_FURTHER_ACTION",
    Outcome.EXPLAINED: "NO_FURTHER_ACTION",
    Outcome.NOT_OURS: "NOT_COUNCILS_RESPONSIBILITY",
    Outcome.INVALID: "CLOSED",
}


@dataclass(frozen=True)
class Shown:
    parts: Parts
    locale: str

    @property
    def book(self) -> Book:
        return self.parts.senses.book

    @cached_property
    def _codes(self) -> Mapping[str, Category]:
        """Our codes have a slash, which an address cannot carry."""
        return {_code(one.code): one for one in self.book.categories.values()}

    def category(self, code: str) -> str:
        """Raises NotFound."""
        if code not in self._codes:
            raise NotFound("partner.no_service", code=code[:80])
        return self._codes[code].code

    def labels(self, code: str) -> tuple[str | None, str | None]:
        """Field and item; neither where no code is given: then the words decide."""
        if not code:
            return None, None
        found = self._codes[_code(self.category(code))]
        return (found.parent, found.code) if found.parent else (found.code, None)

    def services(self) -> Sequence[Mapping[str, Any]]:
        """Items under their field; a field without items is one itself."""
        fields = [one for one in self.book.categories.values() if one.parent is None]
        return [self._service(one) for field in fields for one in (self.book.items.get(field.code) or [field])]

    def _service(self, one: Category) -> Mapping[str, Any]:
        group = self.book.category_name(one.parent or one.code, self.locale)
        name = self.book.category_name(one.code, self.locale)
        return {
            "service_code": _code(one.code),
            "service_name": name,
            "description": f"{group} · {name}" if one.parent else name,
            "metadata": True,
            "type": "realtime",
            "keywords": ", ".join(dict.fromkeys((name, group))),
            "group": group,
        }

    def definition(self, code: str) -> Mapping[str, Any]:
        return {
            "service_code": _code(self.category(code)),
            "attributes": [
                _attribute("external_id", "string", 1, say("partner.external_id", self.locale)),
                _attribute("anonymous", "singlevaluelist", 2, say("partner.anonymous", self.locale), YES_NO),
            ],
        }

    def receipt(self, case: Case) -> Mapping[str, Any]:
        due = when(case.due_at, self.locale, self.parts.now()) if case.due_at else say("word.soon", self.locale)
        notice = say("partner.notice", self.locale, due=due)
        return {"service_request_id": case.number, "service_notice": notice, "account_id": ""}

    def request(self, one: Request) -> Mapping[str, Any]:
        case = one.case
        code = case.item or case.category
        ends = say(f"outcome.{case.outcome}", self.locale) if case.outcome and case.status not in ONGOING else ""
        place = self.book.places.get(case.place or "")
        return {
            "service_request_id": case.number,
            "status": "open" if case.status in ONGOING else "closed",
            "status_notes": ends or say(f"status_name.{case.status}", self.locale),
            "service_name": self.book.category_name(code, self.locale),
            "service_code": _code(code) if code else "",
            "description": mask(case.text),
            "agency_responsible": self.book.unit_name(case.unit, self.locale),
            "service_notice": mask(case.result),
            "requested_datetime": iso(case.submitted_at),
            "updated_datetime": iso(one.changed_at),
            "expected_datetime": iso(case.due_at),
            "address": place.address if place else mask(case.place_text),
            "address_id": case.place or "",
            "zipcode": "",
            "lat": case.lat,
            "long": case.lon,
            "media_url": self._media(one.photos),
        }

    def update(self, one: Update) -> Mapping[str, Any]:
        line, case = one.line, one.case
        text = self.parts.wording.word(line.text_key, line.args, self.locale, self.parts.now())
        return {
            "update_id": str(line.id),
            "service_request_id": case.number,
            "status": STATES.get(one.status) or ENDS.get(case.outcome or Outcome.EXPLAINED, "CLOSED"),
            "updated_datetime": iso(line.at),
            "description": text if line.text_key else line.text,
            "media_url": self._media(line.photos),
        }

    def _media(self, photos: Sequence[str]) -> str:
        return f"{self.parts.url}/open311/v2/media/{photos[0]}.jpg" if photos else ""


YES_NO = ({"key": "true", "name": "✓"}, {"key": "false", "name": "–"})


def _code(code: str) -> str:
    return code.replace("/", "-")


def _attribute(code: str, datatype: str, order: int, name: str, values: Sequence[Any] = ()) -> Mapping[str, Any]:
    shown = {
        "variable": True, "code": code, "datatype": datatype, "required": False, "datatype_description": "",
        "order": order, "description": name,
    }  # fmt: skip
    return {**shown, "values": list(values)} if values else shown
