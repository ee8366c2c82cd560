"""Open311 GeoReport v2: other platforms bring complaints and take the answers back, each only its own."""

from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from sqlmodel import select

from cases import ports, sealed
from models import Case, Resident
from tests.support.people import photo
from tests.support.site import Site

API = "/open311/v2"
FUMES = {
    "service_code": "生态环境-餐饮油烟",
    "description": "楼下烧烤店油烟很大，天天到半夜",
    "address_string": "丹桂苑3栋",
    "phone": "13800005678",
    "first_name": "张三",
}


async def partner(site: Site, code: str = "city-app", per_minute: int = 600) -> httpx.AsyncClient:
    async with site.parts.transactions.begin() as session:
        _, words = await ports.issue(session, code, "市民随手拍", per_minute, "jiangyan", site.parts.now())
    http = site.client()
    http.headers["x-api-key"] = words
    return http


async def filed(http: httpx.AsyncClient, **more: Any) -> str:
    answer = await http.post(f"{API}/requests.json", data=FUMES | more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()[0]["service_request_id"])


async def test_the_list_of_services_is_public_in_both_formats_and_three_languages(site: Site) -> None:
    http = site.client()
    listed = (await http.get(f"{API}/services.json")).json()
    assert {"service_code": "生态环境-餐饮油烟", "service_name": "餐饮油烟", "group": "生态环境"}.items() <= next(
        one for one in listed if one["service_code"] == FUMES["service_code"]
    ).items()
    xml = ElementTree.fromstring((await http.get(f"{API}/services.xml", headers={"accept-language": "en"})).content)
    assert (xml.tag, len(xml.findall("service")), len(xml)) == ("services", len(listed), len(listed))
    assert xml[0].findtext("metadata") == "true" and not set(xml[0].findtext("service_name") or "好") & set("餐饮油烟")
    defined = (await http.get(f"{API}/services/{FUMES['service_code']}.xml")).content
    assert [one.text for one in ElementTree.fromstring(defined).iter("code")] == ["external_id", "anonymous"]
    discovery = ElementTree.fromstring((await http.get("/open311/discovery.xml")).content)
    assert discovery.findtext("endpoints/endpoint/url", "").endswith(API)


async def test_a_request_is_a_case_and_its_answer_goes_back_the_way_it_came(site: Site) -> None:
    http = await partner(site)
    number = await filed(http, **{"attribute[external_id]": "A-1"})
    await site.settle()
    limin = await site.staff("limin")
    assert number in await limin.tasks()
    await limin.step(number, "sign")
    await limin.step(number, "ask", text="招牌叫什么？")
    await site.settle()
    answer = {"service_request_id": number, "update_id": "u1", "description": "叫老王烧烤"}
    for _ in range(2):
        assert (await http.post(f"{API}/servicerequestupdates.json", data=answer)).status_code == 201
    page = await limin.case(number)
    assert [one["text"] for one in page["timeline"] if one["kind"] == "answer"] == ["叫老王烧烤"]
    shot = await limin.upload(photo("teal"))
    await limin.step(number, "reply", text="已装净化器，13912345678", outcome="solved", photos=[shot])
    await site.settle()
    updates = (await http.get(f"{API}/servicerequestupdates.json")).json()
    states = [one["status"] for one in updates]
    assert (states[0], states[-1], "IN_PROGRESS" in states) == ("OPEN", "FIXED", True)
    assert "招牌叫什么？" in "".join(one["description"] for one in updates)
    got = await http.get(updates[-1]["media_url"].removeprefix(site.parts.url))
    assert (got.status_code, got.headers["content-type"]) == (200, "image/jpeg")
    shown = (await http.get(f"{API}/requests/{number}.json")).json()[0]
    wanted = {
        "status": "closed",
        "status_notes": "已解决",
        "service_code": FUMES["service_code"],
        "address_id": "B0103",
    }
    assert wanted.items() <= shown.items() and shown["agency_responsible"]
    xml = ElementTree.fromstring((await http.get(f"{API}/requests.xml", params={"status": "closed"})).content)
    assert [one.text for one in xml.iter("service_request_id")] == [number]
    assert not ElementTree.fromstring((await http.get(f"{API}/requests.xml", params={"status": "open"})).content)


async def test_the_same_sent_again_is_the_same_case(site: Site) -> None:
    http = await partner(site)
    first = await filed(http, **{"attribute[external_id]": "A-1"})
    again = await http.post(f"{API}/requests.json", data=FUMES | {"attribute[external_id]": "A-1", "description": "x"})
    assert (again.status_code, again.json()[0]["service_request_id"]) == (200, first)
    plain = await filed(http)
    repeated = await http.post(f"{API}/requests.json", data=FUMES)
    assert (repeated.status_code, repeated.json()[0]["service_request_id"]) == (200, plain) and plain != first
    other = await partner(site, "other-app")
    assert await filed(other, **{"attribute[external_id]": "A-1"}) not in (first, plain)


async def test_a_partner_sees_only_what_it_brought_and_nobody_without_a_key_anything(site: Site) -> None:
    http, other, nobody = await partner(site), await partner(site, "other-app"), site.client()
    number = await filed(http, media_url="https://example.org/a.jpg", **{"attribute[anonymous]": "true"})
    resident = await site.resident()
    told_here = await resident.file("油烟")
    doors = [f"{API}/requests/{{}}.json", f"{API}/tokens/{{}}.json"]
    for door in doors:
        assert [(await one.get(door.format(number))).status_code for one in (http, other, nobody)] == [200, 404, 403]
        assert (await http.get(door.format(told_here))).status_code == 404
    assert (
        (await other.get(f"{API}/requests.json")).json()
        == (await other.get(f"{API}/servicerequestupdates.json")).json()
        == []
    )
    forged = {"service_request_id": number, "description": "x"}
    assert (await other.post(f"{API}/servicerequestupdates.json", data=forged)).status_code == 404
    refused = await nobody.get(f"{API}/requests.xml", params={"api_key": "fq_wrong"})
    assert (refused.status_code, ElementTree.fromstring(refused.content).findtext("error/code")) == (403, "403")


async def test_a_revoked_key_opens_nothing_and_a_busy_one_waits(site: Site) -> None:
    http = await partner(site, per_minute=2)
    answers = [(await http.get(f"{API}/requests.json")).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    gone = await partner(site, "gone-app")
    async with site.parts.transactions.begin() as session:
        key = next(one for one in await ports.keys(session) if one.partner == "gone-app")
        await ports.revoke(session, key.id or 0, "jiangyan", site.parts.now())
    assert (await gone.get(f"{API}/requests.json")).status_code == 403


async def test_of_the_person_only_a_sealed_telephone_is_kept(site: Site) -> None:
    http = await partner(site)
    number = await filed(http, email="a@example.org", last_name="李四", account_id="u-77")
    async with site.parts.sessions() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        resident = await session.get_one(Resident, case.resident)
    kept = f"{resident.model_dump()} {case.model_dump()}"
    assert resident.contact and sealed.phone(site.parts.keys, resident) == "13800005678"
    assert not [said for said in ("张三", "李四", "example.org", "u-77", "13800005678") if said in kept]


BAD = {
    "no words": ({"description": " "}, 422),
    "no place": ({"address_string": ""}, 422),
    "no such service": ({"service_code": "没有"}, 404),
    "a place beyond the world": ({"lat": "91", "long": "0"}, 400),
    "not a number": ({"lat": "x", "long": "0"}, 400),
    "NaN": ({"lat": "nan", "long": "0"}, 400),
    "NUL": ({"description": "\x00\u202e"}, 422),
    "too long": ({"description": "长" * 20_001}, 400),
}


@pytest.mark.parametrize("what", BAD)
async def test_bad_input_is_refused_in_the_format_that_was_asked_for(site: Site, what: str) -> None:
    changed, status = BAD[what]
    answer = await (await partner(site)).post(f"{API}/requests.xml", data=FUMES | changed)
    error = ElementTree.fromstring(answer.content)[0]
    assert (answer.status_code, error.findtext("code")) == (status, str(status)) and error.findtext("description")
