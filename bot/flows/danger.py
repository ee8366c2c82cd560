"""What is said first of all when words sound like danger: whom to call; then, whether they are safe."""

from collections.abc import Mapping

from bot.messages import Button, Say

ALONE = frozenset({"self_harm"})  # nobody is asked whether it was a false alarm
ANSWERS = ("safe", "trapped", "false_alarm")


def warning(kind: str, emergency: Mapping[str, str]) -> Say:
    return Say(f"danger.{kind}", emergency)


def are_you_safe(number: str = "") -> Say:
    """About a case; without its number, about the one just filed."""
    about = {"number": number} if number else {}
    buttons = [Button("safety", f"button.safety_{how}", payload={"how": how, **about}) for how in ANSWERS]
    return Say("safety.ask", buttons=buttons, number=number)
