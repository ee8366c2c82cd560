"""Words that are commands, matched whole: a reply of “12” must never choose 1."""

import re
import unicodedata
from collections.abc import Mapping

from bot.scrub import scrub

COMMANDS: Mapping[str, frozenset[str]] = {
    "my": frozenset({
        "/my", "我的反映", "进度", "查进度", "查询进度", "办得怎么样了", "進度", "查進度", "my cases", "status",
    }),
    "new": frozenset({"/new", "新的反映", "重新反映", "new", "new complaint"}),
    "start": frozenset({"/start"}),
    "help": frozenset({"/help", "帮助", "怎么用", "幫助", "怎麼用", "help"}),
    "lang": frozenset({"/lang", "语言", "語言", "language"}),
    "large": frozenset({"/large", "/big", "大字版", "大字", "large print", "big text"}),
    "done": frozenset({"/done", "完成", "好了", "发完了", "發完了", "傳完了", "done"}),
    "cancel": frozenset({"/cancel", "取消", "算了", "不报了", "不報了", "cancel"}),
    "all_clear": frozenset({
        "误报", "是误报", "没事了", "没事", "不用来了", "虚惊一场", "弄错了", "搞错了",
        "誤報", "是誤報", "沒事了", "沒事", "不用來了", "虛驚一場", "弄錯了", "搞錯了", "false alarm",
    }),
    "votes": frozenset({"/votes", "投票", "议事", "议事投票", "議事", "議事投票", "votes"}),
    "propose": frozenset({"/propose", "提议题", "提個議題", "提議題", "propose"}),
    "score": frozenset({"/score", "打分", "评分", "評分", "score"}),
    "notices": frozenset({"/notices", "通知设置", "通知設定", "notices"}),
    "notices_on": frozenset({"/notices on", "恢复通知", "恢復通知"}),
    "notices_off": frozenset({"/notices off", "不要通知", "退订", "退訂"}),
    "homes": frozenset({"/home", "我的楼栋", "我的樓棟", "my building"}),
    "services": frozenset({"/services", "办事指南", "办事", "辦事指南", "辦事", "services"}),
    "thanks": frozenset({
        "谢谢", "谢谢你", "谢谢您", "多谢", "知道了", "明白了", "有用", "謝謝", "謝謝你", "謝謝您", "多謝", "有用的",
        "thanks", "thank you",
    }),
    "yes": frozenset({
        "提交", "好", "好的", "对", "对的", "可以", "是", "是的", "没错", "确认", "對", "對的", "確認",
        "ok", "yes", "submit",
    }),
}  # fmt: skip
_ADDRESSED = re.compile(r"^(/\w+)@\w+$")
_TAIL = re.compile("[。！!.~～ ]+$")
_LOCALES = {
    "zh-hans": "zh-Hans", "简体": "zh-Hans", "简体中文": "zh-Hans", "zh": "zh-Hans",
    "zh-hant": "zh-Hant", "繁體": "zh-Hant", "繁體中文": "zh-Hant",
    "en": "en", "english": "en",
}  # fmt: skip
_CODE = re.compile(r"(?:查询码|查詢碼|code)?[::\s]*((?:\d[\s-]?){16})(?!\d)", re.IGNORECASE)
_SLIP = re.compile(r"(?:投票码|投票碼|slip)?[:：\s]*([2-9](?:[\s-]?\d){11})(?!\d)", re.IGNORECASE)
_TOPIC = re.compile(r"(?:/propose|我?想?提[一个個]{0,2}[议議][题題])[\s:：,，]*(\S.*)", re.DOTALL)
_PHONE = re.compile(r"(?:\+?86[\s-]?)?(1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}|0\d{2,3}[\s-]?\d{7,8})")


def command(text: str) -> str | None:
    """In a group a messenger's own commands carry the bot's name: /my@fengqiao_bot."""
    plain = _ADDRESSED.sub(r"\1", _TAIL.sub("", scrub(text)).lower())
    return next((name for name, words in COMMANDS.items() if plain in words), None)


def locale(text: str) -> str | None:
    """`/lang en`, or a language's own name."""
    plain = text.strip().lower()
    return _LOCALES.get(plain.removeprefix("/lang").strip()) if plain.startswith("/lang") or plain in _LOCALES else None


def lookup_code(text: str) -> str | None:
    """Sixteen digits and nothing else but the word for it."""
    found = _CODE.fullmatch(_narrow(text))
    return re.sub(r"\D", "", found[1]) if found else None


def slip(text: str) -> str | None:
    """A household's 投票码: twelve digits and nothing else but the word for it."""
    found = _SLIP.fullmatch(_narrow(text))
    return re.sub(r"\D", "", found[1]) if found else None


def secret(text: str) -> str | None:
    """What is not shown again, nor to be found by guessing."""
    return lookup_code(text) or slip(text)


def topic(text: str) -> str:
    """“我想提个议题：加装充电桩” in one message; nothing for other words."""
    found = _TOPIC.fullmatch(text.strip())
    return found[1] if found else ""


def phone(text: str) -> str | None:
    found = _PHONE.fullmatch(_narrow(text))
    return re.sub(r"[\s-]", "", found[1]) if found else None


def _narrow(text: str) -> str:
    """Chinese keyboards also write full-width digits."""
    return unicodedata.normalize("NFKC", text).strip()
