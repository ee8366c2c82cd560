"""Where a name may begin and end: Chinese has no spaces, and the letters of a name may be parts of other words.

Small tables in place of a segmenter: they cost nothing, and every entry stands for a sentence that went wrong without.
"""

import re
from collections.abc import Iterable, Mapping

LONGEST = 8  # characters before a name that may say where else it is

ORDINARY = frozenset({
    "小区", "社区", "街道", "村里", "学校", "小学", "中学", "幼儿园", "医院", "卫生院", "卫生室", "诊所", "市场",
    "菜场", "菜市场", "超市", "商场", "广场", "公园", "花园", "新村", "大桥", "车站", "公交站", "地铁站", "派出所",
    "政府", "居委会", "村委会", "物业", "工地", "路口", "门口", "大楼", "宿舍", "家属院", "停车场", "网格", "中心",
    "大道", "大街",
})  # fmt: skip
"""Names nobody can tell from a word; a place called just that is found by pin or code."""

_CUT_ELSEWHERE: Mapping[str, Iterable[str]] = {
    "路": "面灯况程费线障途",  # 城市建设|路面
    "街": "坊拍巷",
    "厂": "家商方",  # 家具|厂家
    "中": "午间心途断等介院",  # 等了一|中午
    "场": "所地",
    "头": "发痛疼",
    "码头": ("工人",),
    "桃园": ("结义",),
    "交通路": "面灯况程费线障途口边段",  # 混乱交通|路边
}
"""After a name, or a name that ends so, these begin another word, and the name was none."""

_BEGIN_ANEW = ("地下", "地铁", "地面")
"""Unless they are the beginning of such a word: 万和广场|地下停车场."""

_OPENERS = frozenset(
    "在去到从于的是有和与跟同对往向至离近把被让给过出进回这那我们你咱他她该本旁边面口后前里外内上下东西南北住找说来"
    "经靠就叫用了着又也还都请问要想等像及或因为逛送接看见坐挨隔映诉报议询扬谢响派到查管晚天早午日号点分时间路街道侧处段拐角"
)
"""What may stand before a bare name. After anything else it is the end of a longer one: 楚江|化工厂 is not ours."""

_ELSEWHERE = (
    "(?:外地|外省|外市|老家|国外|北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|"
    "四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|广州|深圳|东莞|佛山|武汉|长沙|南昌|合肥|南京|苏州|杭州|"
    "宁波|温州|福州|厦门|济南|青岛|郑州|西安|成都|昆明|贵阳|南宁|沈阳|大连|哈尔滨|长春|石家庄|太原|兰州)"
)
_BEFORE = re.compile(rf"{_ELSEWHERE}[市省]?(?:那边|那里|那儿)?的?$")
_AFTER = re.compile(rf"是?在{_ELSEWHERE}(?![路街大道])")
"""Another part of the country: 武汉的|人民医院, 打工的机械厂|在广东."""

_OF_ANOTHER = frozenset("镇乡县村州省")
"""What makes a bare name another's: 溪口|镇."""


def is_name(name: str) -> bool:
    """One character alone never is."""
    return len(name) > 1 and name not in ORDINARY


def ends(text: str, name: str, end: int) -> bool:
    """The name ends where its letters do."""
    cut = _CUT_ELSEWHERE.get(name, _CUT_ELSEWHERE.get(name[-1], ""))
    return text.startswith(_BEGIN_ANEW, end) or not any(text.startswith(following, end) for following in cut)


def is_elsewhere(text: str, start: int, end: int) -> bool:
    """Said to be in another part of the country."""
    return bool(_BEFORE.search(text, max(0, start - LONGEST), start) or _AFTER.match(text, end))


def stands_alone(text: str, start: int, end: int, areas: tuple[str, ...]) -> bool:
    """A bare name (化工厂, 一中) is ours only with nothing before it, or one of our own `areas` (澄溪市一中)."""
    if text[end : end + 1] in _OF_ANOTHER:
        return False
    before = text[max(start - 1, 0) : start]
    return not before.isalnum() or before in _OPENERS or text.endswith(areas, 0, start)
