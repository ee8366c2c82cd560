"""What a complaint's text may not show to those who handle it: numbers, addresses and flats that name a person.

Found on a shadow of the text, as long as it, in which every way of writing a digit is that digit; starred in the text.
How well: benchmarks/masking.py, on tests/cases/masking_forms.csv and masking_innocent.csv.
"""

import re
from collections.abc import Callable, Sequence

FULL = {ord("＠"): "@", ord("－"): "-", ord("＿"): "_", ord("．"): "."} | {
    0xFEE0 + code: chr(code) for code in map(ord, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
}
SPELLED = str.maketrans(
    "〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖貳參陸①②③④⑤⑥⑦⑧⑨⓪—–－‑·•．",
    "0012345678911234567892361234567890----...",
)
_UNSEEN = re.compile("(?<=[0-9])\ufe0f?\u20e3")  # keycaps: 1️⃣

S = r"[ \t\u3000.\-_/,，、*]{0,2}"  # between the groups of a number
_1 = r"[ \t\u3000.\-_]{0,2}"  # between any two of its digits
_OPEN, _SHUT = r"(?<![\d.])", r"(?!\d)"
_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d ?[-/.] ?[01]?\d ?[-/.] ?[0-3]?\d(?!\d)")
_CASE_NUMBER = re.compile(r"\d{6}-\d{4,5}")

_MOBILE = re.compile(
    rf"(?<![\d.])(?:1[3-9]\d{S}\d{{4}}{S}\d{{4}}|1[3-9]\d{S}\d{{3}}{S}\d{{5}}|1[3-9]{_1}\d{_1}\d(?:{_1}\d){{8}}"
    rf"|1{_1}[3-9](?:{_1}\d){{9}}|(?<=86)1[3-9]\d{{9}}){_SHUT}"
)
_ABROAD = re.compile(
    rf"(?<!\d)(?:\+|00)?86{S}(1[3-9]\d{S}\d{{4}}{S}\d{{4}}){_SHUT}|(?<!\d)(?:\+|00)86{S}((?:10|2\d|[3-9]\d\d){S}\d{{3,4}}{S}\d{{4}}){_SHUT}"
)
_AREA = r"0(?:10|2\d|[3-9]\d\d)"
_3 = r"[ \t\u3000.\-_]{0,3}"
_APART = rf"0{_3}(?:1{_3}0|2{_3}\d|[3-9]{_3}\d{_3}\d)(?:{_3}\d){{7,8}}"
_LANDLINE = re.compile(rf"(?<!\d)(?:(?:[(（]{_AREA}[)）]|{_AREA}){S}(?:\d{{7,8}}|\d{{3,4}}{S}\d{{4}})|{_APART}){_SHUT}")
_IDENTITY = re.compile(rf"(?<!\d)\d(?:{_1}\d){{16}}{_1}[\dXx×ⅩＸ](?!\d)")
_IDENTITY_OLD = re.compile(r"(?<!\d)[1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)")
_CARD = re.compile(
    rf"(?<!\d)(?!20[0-3]\d[01]\d)(?:\d{{4}}{_1}){{3,4}}\d{{1,4}}(?!\d)|(?<!\d)[3-69](?:{_1}\d){{14,18}}(?!\d)"
)
_PLATE = re.compile(
    r"[京津沪滬渝冀豫云雲辽遼黑湘皖鲁魯新苏蘇浙赣贛鄂桂甘晋晉蒙陕陝吉闽閩贵貴粤粵青藏川宁寧琼瓊]\s?[A-Za-z]"
    r"(?:\s?[.\-]\s?|\s)?(?=[A-Za-z\d ]{0,8}\d)(?:[A-Za-z\d]\s?){4,5}[A-Za-z\d挂掛学學警港澳领領使](?![A-Za-z\d])"
)
_MAIL = re.compile(
    r"(?<![A-Za-z0-9._%+\-])([A-Za-z0-9][A-Za-z0-9._%+\-]{0,63})(\s?(?:@|[(\[（【]at[)\]）】]|艾特)\s?"
    r"[A-Za-z0-9\-]+(?:\s?(?:\.|点|點)\s?[A-Za-z0-9\-]+)+)", re.IGNORECASE
)  # fmt: skip
_OF = r"(?:搜索|搜|加)?(?:号码|號碼|号|號|id|账号|帳號|同号|同號|群)?\s*(?:[:：是为為]|就是|=)?\s*"
_WECHAT = re.compile(
    r"(?:微信|薇信|威信|徽信|weixin|wechat|v信|(?<![A-Za-z])(?:wx|vx))"
    + _OF
    + r"([A-Za-z][\w\-]{5,19}|\d{6,19})(?![A-Za-z\d])",
    re.IGNORECASE | re.ASCII,
)
_ADDED = re.compile(
    r"(?:加|\+)\s?(?:我|个|個)?\s?(?:v|微|薇|微信)\s*[:：]?\s*([A-Za-z\d][\w\-]{5,19})",
    re.IGNORECASE | re.ASCII,
)
_QQ = re.compile(r"(?:(?<![A-Za-z])qq|扣扣|企鹅|企鵝)" + _OF + r"((?!12345(?!\d))[1-9]\d{4,10})(?!\d)", re.IGNORECASE)

# Not a flat: what is counted or measured, and numbers everybody may ring.
_COUNTED = (
    r"(?!\d|\s?(?:多|余|餘|几|幾|来|來|户|戶(?!主)|人|个|個|名|位|家|元|块|塊|毛|万|萬|米|平|公里|斤|吨|噸|度|年|月|日|天(?!天)|次|分|小时|秒|"
    r"路|号线|號線|弄|辆|輛|台|臺|只|隻|条|條|株|棵|瓦|伏|升|%|％|分贝|热线|熱線|急救|火警|报警|級|级|期|版|瓶|桶|张|張|份|件|吨|盏|盞|层|層|厘|毫))"
)
_RUNG = r"(?!(?:110|119|120|122|12345|12315|12319)(?!\d))"
_N, _D = r"[\d十百]{1,4}", r"[\d百]{3,5}"
_BUILDING = r"(?:[\d十百]{1,4}|[A-Za-z])\s?(?:号楼|號樓|栋|棟|幢|座|号院|號院|#楼|楼|樓|#|号|號)"
_UNIT = r"(?:[\d十]{1,3}|[A-Za-z甲乙丙丁东西南北東])\s?(?:单元|單元|门|門|梯|口|楼|樓|层|層)"
_FLAT = rf"({_RUNG}{_D}[A-Za-z]?|[A-Za-z]{_D}|[\d]{{1,2}}[A-Za-z]|\d\s?[-#—]\s?\d{{3,4}})(?![A-Za-z])"
_NEAR = r"[\s,，、\-—的/]{0,2}"
_ROOMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\d百.])({_D}[A-Za-z]?|[A-Za-z]\d{{3,4}}|\d{{1,2}}[A-Za-z])(?=\s?(?:号房|號房|室(?!内|外|温|內|溫)|房(?![子屋产產价價租东東间間管贷貸费費企])))",
        rf"(?:{_BUILDING}{_NEAR}|{_UNIT}{_NEAR})(?:{_UNIT}{_NEAR})*{_FLAT}{_COUNTED}",
        r"(?:单元|單元|栋|棟|幢|号楼|號樓)\s?([\d十]{1,3}\s?[楼樓层層]\s?(?:[东東西南北中左右]{1,2}\s?[户戶边邊侧側]|\d{1,2}\s?[号號]))",
        r"(?:单元|單元)\s?([\d百]{2,5}[A-Za-z]?)" + _COUNTED,
        rf"(?:单元|單元|栋|棟|幢|座|号楼|號樓){_NEAR}(?:[\d十]{{1,3}}[楼樓层層]{_NEAR})?([\d百十]{{1,5}})(?=\s?[室户戶房](?![外型均籍口]))",
        r"(?<![\d\-/.])\d{1,3}\s?[-#—/]{1,2}\s?(?:\d{1,2}\s?[-#—/]\s?){1,2}(\d{3,4}[A-Za-z]?)(?![\d\-/.]|\s?[年元块米])",
        rf"(?<=[苑园園里城府庭居区區院村轩軒湾灣邸寓郡庄莊坊厦廈])\s?\d{{1,3}}\s?[-#—]\s?(\d{{3,4}}[A-Za-z]?)(?![\-/]){_COUNTED}",
        r"(?:门牌号?|門牌號?|房号|房號|房间号?|房間號?|家住|住在|我住|我家在?|住的是|楼上|樓上|楼下|樓下|隔壁|对门|對門|对面|對面|业主|業主)"
        rf"\s?[:：是为為的]?\s?#?({_RUNG}{_D}[A-Za-z]?|\d{{1,2}}[A-Za-z])(?![A-Za-z路号號]){_COUNTED}",
        r"(?<![A-Za-z])(?:room|flat|apt\.?|apartment|unit|suite|rm\.?)\s?(?:no\.?|number)?\s?#?\s?(\d{1,4}[A-Za-z]?)(?![A-Za-z\d])",
    )
)  # fmt: skip

_SURNAMES = (
    "欧阳 上官 司马 诸葛 东方 皇甫 尉迟 公孙 令狐 慕容 司徒 夏侯 歐陽 諸葛 司馬 "
    + " ".join(
        "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何高林罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾肖萧蕭田董袁潘于蒋蔣蔡余杜叶葉程苏蘇魏吕呂丁任沈姚"
        "卢盧姜崔钟鍾谭譚陆陸汪范范石廖贾賈夏韦韋付傅方白邹鄒孟熊秦邱江尹薛闫閻段雷侯龙龍史陶黎贺賀顾顧毛郝龚龔邵万萬钱錢严嚴覃武戴莫孔向汤湯"
    )
).split()
_NAME = re.compile(
    r"(?:我叫|我名叫|我的名字[叫是]|本人叫|姓名|联系人|聯絡人|聯繫人|业主姓名|报修人|報修人|投诉人|投訴人)\s?[:：是叫]?\s?"
    rf"({'|'.join(_SURNAMES)})(?!女士|先生|小姐|阿姨|老师|老師|师傅|師傅|大爷|大爺|经理|經理|某)([一-龥·\d](?:(?![住家是在的电電手今想要反投举舉报報也就我，])[一-龥\d])?)"
)

_SELF = re.compile(r"(我|本人|俺)(叫|姓|是)[^，。！？,.!?\s]{1,12}|my name is \S+( \S+)?|I am \S+ \S+", re.IGNORECASE)
_HOME = re.compile(r"\d{1,4}\s*(?=[室房戶户])|(?<=单元)\s*\d{2,4}|(?<=單元)\s*\d{2,4}")

Keep = Callable[[re.Match[str], str], str | None]
"""What stands for a find, given the text as written; None: nothing was found after all."""
Rule = tuple[re.Pattern[str], Keep]


def redact(text: str) -> str:
    """What strangers may read of it: besides, no “我是…”, no number of a flat however short, and no line breaks."""
    plain = _HOME.sub("*", _SELF.sub("…", mask(text)))
    return " ".join(plain.split())


def mask(text: str) -> str:
    """The text without what names a person or their flat; the ends of numbers stay, so that two can be told apart."""
    return _starred(text, NUMBERS + HOMES)


def mask_numbers(text: str) -> str:
    """The same with flats and names: for what a resident tells whoever handles it, and what the staff write."""
    return _starred(text, NUMBERS)


def mask_phone(number: str) -> str:
    """138****1234; shorter numbers keep only their last two digits."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else "*" * (len(number) - 2) + number[-2:]


def _starred(text: str, rules: Sequence[Rule]) -> str:
    plain = whole = _UNSEEN.sub("", text.translate(FULL))
    shadow = plain.translate(SPELLED)
    for pattern, keep in rules:
        if pattern.search(shadow):
            plain, shadow = _without(plain, shadow, pattern, keep)
    return text if plain == whole else plain


def _without(plain: str, shadow: str, pattern: re.Pattern[str], keep: Keep) -> tuple[str, str]:
    texts, shadows, last = list[str](), list[str](), 0
    for found in pattern.finditer(shadow):
        stands = keep(found, plain)
        if stands is None:
            continue
        texts += [plain[last : found.start()], stands]
        shadows += [shadow[last : found.start()], stands.translate(SPELLED)]
        last = found.end()
    return "".join([*texts, plain[last:]]), "".join([*shadows, shadow[last:]])


def _ends(first: int, last: int, stars: str = "****") -> Keep:
    """So many of its digits at either end, as they were written."""

    def keep(found: re.Match[str], plain: str) -> str | None:
        if _DATE.search(found[0]) or _CASE_NUMBER.fullmatch(found[0]):
            return None
        digits = [n for n in range(found.start(), found.end()) if found.string[n].isalnum()]
        written = [plain[n] for n in digits]
        return "".join(written[:first]) + stars + "".join(written[-last:])

    return keep


def _area(found: re.Match[str], plain: str) -> str | None:
    """0728****2345."""
    code = re.search(_AREA, found[0])
    return _ends(len(code[0]) if code else 3, 4)(found, plain)


def _group(found: re.Match[str], plain: str) -> str:
    """The group alone is starred."""
    return plain[found.start() : found.start(1)] + "*" + plain[found.end(1) : found.end()]


def _after_code(found: re.Match[str], plain: str) -> str:
    """+86 stays."""
    group = 1 if found[1] else 2
    digits = [plain[n] for n in range(*found.span(group)) if found.string[n].isdigit()]
    return (
        plain[found.start() : found.start(group)]
        + "".join(digits[: 3 if group == 1 else 2])
        + "****"
        + "".join(digits[-4:])
    )


def _plate(found: re.Match[str], plain: str) -> str:
    return "".join(plain[found.start() : found.end()].split())[:2] + "*****"


def _mailbox(found: re.Match[str], plain: str) -> str:
    return "***" + plain[found.start(2) : found.end(2)]


def _surname(found: re.Match[str], plain: str) -> str:
    return plain[found.start() : found.end(1)] + "*"


NUMBERS: tuple[Rule, ...] = (
    (_MAIL, _mailbox),
    (_WECHAT, _group),
    (_ADDED, _group),
    (_QQ, _group),
    (_IDENTITY, _ends(6, 1, "********")),
    (_ABROAD, _after_code),
    (_MOBILE, _ends(3, 4)),
    (_IDENTITY_OLD, _ends(6, 1, "********")),
    (_CARD, _ends(4, 4)),
    (_LANDLINE, _area),
    (_PLATE, _plate),
)
HOMES: tuple[Rule, ...] = (*((one, _group) for one in _ROOMS), (_NAME, _surname))
