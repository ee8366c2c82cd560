"""The seed town: what people there would write, with the place that is meant; and every category finds a desk."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path

import pytest

from models import Area, AssignTo, Person, Place, Role, RoutingRule, Unit
from routing.assign import candidate, chain
from routing.places import PlaceIndex
from routing.rules import Decision, Facts, RuleBook

DATA = Path(__file__).parents[2] / "data"

SAID = {
    # estates and their other names
    "丹桂苑楼下烧烤店天天到半夜，油烟直往家里灌": "E01",
    "丹桂苑小区的路灯坏了三盏，晚上黑漆漆的": "E01",
    "桂香里老小区下水道堵了，污水漫到路上": "E02",
    "我住桂香里，楼上装修到夜里十一点": "E02",
    "金桂小区门口的垃圾桶没人收": "E03",
    "金桂家园物业乱收停车费": "E03",
    "银杏苑的电梯三天两头坏": "E04",
    "文昌雅苑业委会不公布账目": "E05",
    "学府名居地下车库漏水严重": "E06",
    "书香门第外墙砖脱落，差点砸到人": "E07",
    "教师村的健身器材坏了没人修": "E08",
    "钟楼大院里有人养鸡，臭得很": "E09",
    "电厂宿舍的水管爆了": "E10",
    "广场花园夜里广场舞太吵": "E11",
    "华庭的消防通道被私家车堵死": "E12",
    "我们北门大院的化粪池满了": "E13",
    "棉纺厂宿舍要求加装电梯": "E14",
    "车站小区乱贴小广告": "E15",
    "城北还建房的房产证一直办不下来": "E16",
    "安置小区暖气不热": "E16",
    "临河花苑有人高空抛物": "E17",
    "澄河湾小区宽带故障一周没人来": "E18",
    "水岸小区共享单车堆得到处都是": "E19",
    "东风里老房子漏雨": "E20",
    "码头小区野狗追人": "E21",
    "航运公司宿舍电线老化，怕起火": "E22",
    "渔民新村自来水发黄": "E23",
    "园区公寓宿舍八个人一间，没有热水": "E24",
    "港城佳苑延期交房一年多了": "E25",
    "柳溪家园门口天天堵车": "E26",
    "供销社宿舍的围墙要倒了": "E27",
    # buildings, however written
    "丹桂苑 3 栋楼下油烟太大": "B0103",
    "丹桂苑3号楼二单元楼道灯不亮": "B0103",
    "丹桂苑三栋楼顶有人违建": "B0103",
    "丹桂苑小区３幢 502 漏水到我家": "B0103",
    "丹桂苑，5栋，半夜有人打麻将": "B0105",
    "丹桂路18号8栋垃圾没人清": "B0108",
    "桂香里6#楼下水管堵了": "B0206",
    "金桂小区4栋电梯困人": "B0304",
    "文昌小区第六栋充电桩坏了": "B0506",
    "学府小区二号楼装修砸墙": "B0602",
    "钟楼小区五栋一楼开麻将馆": "B0905",
    "华庭4栋 2801 噪音": "B1204",
    "城北安置小区6号楼没通天然气": "B1606",
    "澄河湾1座大堂漏水": "B1801",
    "水岸新城小区 3栋 玻璃门碎了": "B1903",
    "港城小区二栋墙体开裂": "B2502",
    "住在书香门第的4栋，楼下超市太吵": "B0704",
    # roads, house numbers
    "文昌路路面坑坑洼洼，摔了好几个人": "R04",
    "学府路路灯不亮": "R05",
    "人民大街的斑马线看不清了": "R07",
    "建设路中间的井盖不见了": "R08",
    "滨河北路晚上飙车": "R03",
    "城北大道货车超载扬尘": "R10",
    "解放路两边停满了车": "R14",
    "港城大道红绿灯坏了": "R18",
    "工业二路污水横流": "R20",
    "柳溪大街占道卖菜": "R21",
    "沿河堤路护栏断了": "R25",
    "北门路14号门口挖了不填": "E13",
    "丹桂路 16 号烧烤店扰民": "D02",
    # schools, hospitals, markets, parks, firms, public places
    "市一中门口放学时堵得水泄不通": "S03",
    "一中食堂饭菜有虫子": "S03",
    "丹桂小学强制订牛奶": "S01",
    "机关幼儿园退费难": "S04",
    "二中补课收费": "S07",
    "柳溪中学宿舍没热水": "S08",
    "在人民医院看病多收了检查费": "H02",
    "中医院挂号排队两小时": "H03",
    "柳溪卫生院没有狂犬疫苗": "H04",
    "丹桂菜场缺斤少两": "M01",
    "夜市油烟扰民": "M03",
    "批发市场凌晨三点就开始装卸": "M04",
    "湿地公园里有人偷偷钓鱼": "G02",
    "市民广场音响太大": "G03",
    "健身广场的篮球架倒了": "G05",
    "化工厂半夜排刺鼻气体": "F04",
    "昨晚化工厂又排废气，呛得睡不着": "F04",
    "宏达厂拖欠三个月工资": "F03",
    "石桥采石场放炮震裂房子": "F08",
    "养猪场的臭味飘到村里": "F07",
    "陈记烧烤占道摆桌子": "D02",
    "万和商场电动扶梯夹人": "D05",
    "汽车站黑车拉客": "T02",
    "公交总站的公交车不准点": "T04",
    "图书馆周末不开门": "P03",
    "政务大厅办事推来推去": "P07",
    "污水处理厂臭气熏天": "P14",
    "桂香里公共厕所没水冲": "P01",
    "镇政府门口的积水没人管": "P16",
    # villages and their groups
    "柳林村三组的路还没修": "V04",
    "柳林村1组没有路灯": "V02",
    "桃园组自来水停了三天": "V05",
    "石桥村王家冲塘坝漏水": "V07",
    "周家台水渠堵了": "V08",
    "李家垸村下垸秸秆焚烧": "V10",
    "龙王冲有人砍树": "V13",
    "枫树坳饮水是黄泥水": "V14",
    # Traditional
    "丹桂苑3棟樓下油煙太大": "B0103",
    "鐘樓小區的電梯壞了": "E09",
    "人民醫院停車難": "H02",
    # only an area
    "丹桂社区没人来收垃圾": "CX-DG-01",
    "新港社区活动室总锁着": "CX-LH-03",
    "柳林村的路灯全坏了": "CX-LX-02",
    "茶岭村低保名单不公示": "CX-LX-05",
    "柳溪镇的班车太少": "CX-LX",
    "临河街道办事效率低": "CX-LH",
    "文昌社区第二网格环境差": "CX-DG-02-02",
}

SILENT = """
楼下烧烤店天天到半夜，油烟直往家里灌，打过电话没人管
我们小区物业乱收费，业委会也不管
路灯坏了好几天，晚上出门很危险
邻居家的狗没牵绳，差点咬到孩子
工地半夜施工，吵得睡不着
自来水发黄，还有一股味道
老板拖欠三个月工资不给
小区门口的垃圾堆成山了
电梯坏了一个星期，老人上下楼不方便
广场舞音响太大，影响孩子学习
楼道里堆满杂物，还有电动车充电
井盖不见了，差点掉下去
公交车半小时都不来一趟
学校强制买校服，价格还贵
医院看病排队太久，态度也不好
菜市场缺斤少两
超市卖过期食品
买的家具厂家不退款，联系不上
等了一中午没有人接电话
城市建设路面挖了又填，填了又挖
新生儿医保怎么办理
身份证丢了怎么补办
想问一下公积金提取需要什么材料
养老金什么时候发
低保申请要哪些手续
村里的路一下雨就全是泥
楼上漏水把我家天花板泡坏了
消防通道被车堵死了
有人在楼下乱贴小广告
流动摊贩占道经营，人行道没法走
夜里飙车的声音太大
河里的水又黑又臭
有人往河里倒垃圾
小孩上学的路上没有红绿灯
幼儿园乱收费
快递放驿站不通知，丢了不赔
煤气味很重，楼道里都是
楼房墙体开裂，会不会塌
我在网上被骗了五千块
房产证办了两年还没下来
租的房子房东不退押金
健身房跑路，卡里的钱不退
共享单车把盲道占了
树枝快碰到电线了
三栋和四栋之间的下水道堵了
5号楼2单元301漏水
一楼开了麻将馆，通宵打牌
二楼的住户半夜敲地板
交通路况太差，天天堵
混乱交通路边到处停车
学生中午吃不饱
门面房违规搭棚
街上的店铺把货摆到路中间
厂里不给交社保
厂房晚上冒黑烟
隔壁饭店的排烟管对着我家窗户
老人摔倒了没人扶，想表扬一位网格员
网格员小李很热心，帮我家修好了水管
请问疫苗接种在哪里打
天然气什么时候能通
我家的宽带三天没网了
中心城区停车太难
大桥下面有人烧烤
公园里的厕所没有纸
希望多种点树，多修几个花园
车站附近黑车多
谢谢你们，问题解决了
你好
不知道归谁管
""".strip().splitlines()


@cache
def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def areas() -> dict[str, Area]:
    features = json.loads((DATA / "grids.geojson").read_text("utf-8"))["features"]
    outlines = {feature["properties"]["code"]: feature["geometry"] for feature in features}
    found: dict[str, Area] = {}
    for row in rows("areas.csv"):  # parents first
        path = [*(found[row["parent"]].path if row["parent"] else []), row["code"]]
        area = Area(code=row["code"], name=row["name"], level=int(row["level"]), path=path)
        area.outline = outlines.get(row["code"])
        found[row["code"]] = area
    return found


def places() -> Iterator[Place]:
    for row in rows("places.csv"):
        fixed = {key: row[key] for key in ("code", "name", "kind", "address", "grid")}
        at = {"lon": float(row["lon"]), "lat": float(row["lat"])}
        yield Place(**fixed, **at, aliases=[alias for alias in row["aliases"].split(";") if alias])


def rules() -> Iterator[RoutingRule]:
    for row in rows("rules.csv"):
        filled = {key: value for key, value in row.items() if value}
        read = {
            "priority": int,
            "enabled": lambda text: text == "true",
            "danger": lambda text: text == "true",
            "valid_from": date.fromisoformat,
            "valid_to": date.fromisoformat,
            "from_time": time.fromisoformat,
            "to_time": time.fromisoformat,
            "min_confidence": float,
            "predicates": json.loads,
            "co_units": lambda text: text.split(";"),
            "assign": AssignTo,
        }
        yield RoutingRule(**{key: read.get(key, str)(value) for key, value in filled.items()})


@cache
def index() -> PlaceIndex:
    return PlaceIndex(list(places()), list(areas().values()))


@cache
def book() -> RuleBook:
    return RuleBook(rules(), {area.code: area.level for area in areas().values()})


def test_what_people_say_names_the_right_place() -> None:
    assert len(SAID) >= 80
    wrong = {}
    for text, meant in SAID.items():
        found = [one.place or one.area for one in index().from_words(text)]
        if found[:1] != [meant]:
            wrong[text] = (meant, found)
    assert len(wrong) <= len(SAID) * 0.05, wrong


def test_where_nothing_is_named_nothing_is_found() -> None:
    assert len(SILENT) >= 60
    heard = {text: [one.name for one in found] for text in SILENT if (found := index().from_words(text))}
    assert len(heard) <= len(SILENT) * 0.01, heard


def test_every_name_in_the_table_finds_its_place() -> None:
    lost = {}
    for place in places():
        for name in (place.name, *place.aliases):
            found = {one.place for one in index().from_words(f"反映{name}的问题，没人管")}
            if place.code not in found:
                lost[name] = place.code
    assert lost == {}


def test_a_pin_at_every_place_lies_in_its_grid() -> None:
    wrong = []
    for place in places():
        found = index().from_pin(place.lon, place.lat, 10)
        if not found or found.grid != place.grid or found.place is None:
            wrong.append((place.code, found))
    assert wrong == []


def test_no_rule_is_broken_and_there_is_a_catch_all() -> None:
    assert (book().broken, book().has_catch_all) == ((), True)


MOMENTS = [datetime(2026, 11, 21, hour, tzinfo=UTC) for hour in (2, 5, 15, 20)]
STREETS = [(), ("CX", "CX-DG"), ("CX", "CX-LH"), ("CX", "CX-LX")]


@pytest.mark.parametrize("path", STREETS, ids=lambda path: path[-1] if path else "unknown")
@pytest.mark.parametrize("at", MOMENTS, ids=lambda at: f"{at:%H}h")
def test_every_category_finds_a_desk_of_its_own_street(path: tuple[str, ...], at: datetime) -> None:
    units = {row["code"]: row["area"] for row in rows("units.csv")}
    for row in rows("categories.csv"):
        field, item = (row["parent"], row["code"]) if row["parent"] else (row["code"], None)
        for danger in (None, "gas"):
            facts = Facts(category=field, item=item, area_path=path, danger=danger, confidence=1.0, at=at)
            decision = book().route(facts)
            assert decision.rule != "R-LAST", row["code"]
            assert units[decision.unit] in ("CX", *path), (row["code"], decision)


def test_in_every_grid_somebody_takes_it_and_somebody_stands_above() -> None:
    people = [Person(**{**row, "role": Role(row["role"]), "active": True}) for row in rows("people.csv")]
    units = {row["code"]: Unit(**{**row, "parent": row["parent"] or None}) for row in rows("units.csv")}
    for grid in (area for area in areas().values() if area.level == 3):
        for decision in desks(tuple(grid.path)):
            taker = candidate(decision, people, {}, grid.path, areas=areas())
            assert taker, (grid.code, decision.rule)
            if decision.assign is AssignTo.CELL:
                assert next(one.area for one in people if one.code == taker) == grid.code
            above = chain(taker, decision.unit, people, areas(), grid.path, units=units)
            assert above and taker not in above[:1], (grid.code, decision.rule, above)


def desks(path: tuple[str, ...]) -> Iterable[Decision]:
    """One decision for each desk that anything said there can reach."""
    found = {}
    for row in rows("categories.csv"):
        facts = Facts(category=row["parent"] or row["code"], item=row["code"], area_path=path, at=MOMENTS[0])
        decision = book().route(facts)
        found[decision.unit, decision.assign, decision.assignee] = decision
    return found.values()
