"""What the resident's page is made of, without a browser: bytes, headers, the app's manifest, old browsers' syntax."""

import gzip
import json
import re
from pathlib import Path

import pytest

from tests.support.site import Site
from web import assets, bundle
from web import resident as page_of

BASE = (bundle.OWN / "base.css").read_text("utf-8")
LIMIT = 60 * 1024  # compressed; measured on the wire by benchmarks/first_load.py
PAGE = {"accept": "text/html", "accept-encoding": "gzip", "accept-language": "zh-CN"}

# Newer than Chromium 80 and Safari 14, which telephones of 2019 and the web view inside messengers have.
TOO_NEW = re.compile(
    r"\?\?=|\|\|=|&&=|\.replaceAll\(|\.replaceChildren\(|\.at\(|\.findLast|structuredClone|Object\.hasOwn|Promise\.any"
    r"|WeakRef|\(\?<[=!]|\bstatic \{|\bthis\.#|\bimport\(|\d_\d|AbortSignal\.timeout",
)
TOO_NEW_STYLE = re.compile(r":has\(|:is\(|:where\(|@layer|@container|color-mix|light-dark\(|&:|\boklch")


async def test_the_first_load_is_one_small_answer(site: Site) -> None:
    async with site.client().stream("GET", f"/p/{site.code('B0103')}", headers=PAGE) as answer:
        sent = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert len(sent) < LIMIT
    html = gzip.decompress(sent).decode()
    outside = re.findall(r'<(?:script|link)[^>]+(?:src|href)="([^"]+)"', html)
    assert not [path for path in outside if path.endswith((".js", ".css"))]
    assert all(path.startswith((assets.PREFIX, "/manifest.webmanifest?")) for path in outside)
    assert "您好，我是小枫。您在丹桂苑 3 栋。" in html, "readable before the script"


async def test_only_the_pages_own_script_and_style_run(site: Site) -> None:
    answer = await site.client().get("/", headers=PAGE)
    policy = answer.headers["content-security-policy"]
    inline = re.findall(r"<(script|style)>(.*?)</\1>", answer.text, re.S)
    assert [kind for kind, _ in inline] == ["script", "style", "script"]
    assert all(bundle.fingerprint(source) in policy for _, source in inline)
    assert "unsafe" not in policy
    assert not re.search(r' style="| on[a-z]+="', answer.text)


async def test_a_second_visit_is_nothing_but_a_question(site: Site) -> None:
    http = site.client()
    first = await http.get("/?lang=en", headers=PAGE)
    again = await http.get("/?lang=en", headers=PAGE | {"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await http.get("/?lang=zh-Hant", headers=PAGE | {"if-none-match": first.headers["etag"]})
    assert other.status_code == 200


async def test_whoever_was_here_is_not_greeted_twice(site: Site) -> None:
    resident = await site.resident()
    assert "greeting" not in (await resident.http.get("/")).text.partition("<ol")[2].partition("</ol>")[0]


async def test_nothing_with_a_secret_is_compressed(site: Site) -> None:
    """Neither a conversation nor a page with a token: beside chosen words their length would tell it."""
    resident = await site.resident()
    await resident.file("楼下烧烤店天天到半夜，油烟直往家里灌")
    answers = [await resident.http.get("/api/chat/messages", headers=PAGE)]
    admin = await site.staff("chenlu")
    answers.append(await admin.http.get("/api/staff/tasks?view=mine", headers=PAGE))
    answers.append(await admin.http.get("/console", headers=PAGE, follow_redirects=True))
    assert not [one.url for one in answers if "content-encoding" in one.headers]


async def test_files_are_kept_for_ever_under_their_version(site: Site) -> None:
    http = site.client()
    lasting = await http.get(f"{assets.PREFIX}base.css", headers=PAGE)
    plain = await http.get("/static/own/base.css", headers=PAGE)
    assert lasting.headers["cache-control"] == assets.FOR_EVER
    assert plain.headers["cache-control"] == assets.ASK_FIRST
    assert lasting.text == plain.text == BASE
    assert lasting.headers["content-encoding"] == "gzip"
    plain = await http.get("/static/own/base.css", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    asked = await http.get(f"{assets.PREFIX}base.css", headers=PAGE | {"if-none-match": lasting.headers["etag"]})
    assert asked.status_code == 304
    assert (await http.get("/static/000000000000/own/base.css")).status_code == 404
    assert f'"{assets.PREFIX}staff.css"' in (await http.get("/staff")).text


@pytest.mark.parametrize(("lang", "short"), [("zh-Hans", "枫桥"), ("zh-Hant", "楓橋"), ("en", "Fengqiao")])
async def test_the_app_keeps_its_building_and_its_language(site: Site, lang: str, short: str) -> None:
    code, http = site.code("B0103"), site.client()
    html = (await http.get(f"/p/{code}?lang={lang}")).text
    address = re.search(r'rel="manifest" href="([^"]+)"', html)
    assert address
    made = json.loads((await http.get(address[1].replace("&amp;", "&"))).text)
    assert (made["short_name"], made["start_url"], made["scope"]) == (short, f"/p/{code}?lang={lang}", "/")
    assert {icon["purpose"] for icon in made["icons"]} == {"any", "maskable"}
    for icon in made["icons"]:
        assert (await http.get(icon["src"])).headers["content-type"] == "image/png"
    forged = json.loads((await http.get("/manifest.webmanifest?lang=xx&place=../staff")).text)
    assert (forged["start_url"], forged["lang"]) == ("/?lang=zh-Hans", "zh-Hans")


async def test_the_worker_is_asked_for_each_time_and_keeps_no_answers(site: Site) -> None:
    answer = await site.client().get("/sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == assets.ASK_FIRST
    assert page_of._edition() in answer.text


async def test_elder_mode_is_kept_by_the_server(site: Site) -> None:
    resident = await site.resident()
    assert (await resident.open(large=True))["large"] is True
    assert (await resident.open())["large"] is True
    assert "这样对吗？" in "".join(
        line["card"]["title"]
        for line in await _said(resident, "楼下烧烤店天天到半夜，油烟直往家里灌")
        if "card" in line
    )
    assert (await resident.open(large=False))["large"] is False


async def _said(resident: object, text: str) -> list[dict[str, dict[str, str]]]:
    await resident.say(text)  # type: ignore[attr-defined]
    return resident.said  # type: ignore[attr-defined, no-any-return]


def test_old_browsers_can_read_it() -> None:
    for entry in ("chat.js", "chat/early.js", "chat/worker.js"):
        assert TOO_NEW.findall(bundle.script(entry)) == []
    style = bundle.style(*page_of.STYLES)
    assert TOO_NEW_STYLE.findall(style) == []
    assert "@supports not (inset:0)" in style


@pytest.mark.parametrize(
    "source",
    [
        'import it from "./other.js";\n',
        "export default 1;\n",
        "export let a = 1;\n",
        "const a = `one\ntwo`;\n",
        'export const a = "</script>";\n',
    ],
)
def test_what_cannot_be_put_together_is_refused(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "page.js").write_text(source)
    monkeypatch.setattr(bundle, "OWN", tmp_path)
    with pytest.raises(bundle.Unbundled):
        bundle.script("page.js")


def test_modules_stand_before_whoever_needs_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "OWN", tmp_path)
    (tmp_path / "a.js").write_text('import * as b from "./b.js";\nimport { c as d } from "./c.js";\nb.go(d);\n')
    (tmp_path / "b.js").write_text(
        '// a remark\nimport { c } from "./c.js";\nexport function go(it) { return it + c; }\n'
    )
    (tmp_path / "c.js").write_text("/** what it is\n */\nexport const c = 1;\n")
    made = bundle.script("a.js")
    assert [made.index(f"const m_{name}=") for name in "cba"] == sorted(made.index(f"const m_{n}=") for n in "abc")
    assert "const {c:d}=" in made or "const { c:d }=" in made
    assert "remark" not in made and "what it is" not in made
    (tmp_path / "c.js").write_text('import { go } from "./b.js";\nexport const c = go;\n')
    with pytest.raises(bundle.Unbundled):
        bundle.script("a.js")
