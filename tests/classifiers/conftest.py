"""One small model for all tests of the classifiers: three departments, six items, sixty made-up messages."""

from pathlib import Path

import pytest

from classifiers import Model, Row, save, train

PLACES = ["东门", "西街", "三单元", "菜场旁", "学校边", "河边", "老车站", "新村口", "五号楼", "广场上"]
SAID = {
    ("生态环境", "生态环境/餐饮油烟"): "{}的烧烤店油烟直排，呛得不敢开窗",
    ("生态环境", "生态环境/生活噪音"): "{}的广场舞音响太大，吵得睡不着",
    ("人力社保", "人力社保/拖欠工资"): "{}工地的老板拖欠工资不发",
    ("人力社保", "人力社保/工伤"): "在{}干活摔伤了，单位不认工伤",
    ("公共交通", "公共交通/公交线路"): "{}的公交车班次太少，等半小时",
    ("公共交通", "公共交通/公交服务"): "{}的公交司机甩站还骂人",
}


@pytest.fixture(scope="session")
def rows() -> list[Row]:
    said = [Row(text.format(place), label, item) for (label, item), text in SAID.items() for place in PLACES]
    return [*said, Row("油烟", "生态环境", "生态环境/餐饮油烟", weight=0.5, gold=False)]


@pytest.fixture(scope="session")
def model(rows: list[Row]) -> Model:
    return train(rows)


@pytest.fixture
def folder(model: Model, tmp_path: Path) -> Path:
    """A saved model that a test may spoil."""
    save(model, tmp_path / "model")
    return tmp_path / "model"
