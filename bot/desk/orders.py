"""/orders: supervision orders (督办单) that wait for somebody: all open ones for a supervisor, else those to answer."""

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk import card
from bot.desk.card import Reader
from bot.messages import Button, Say
from cases import orders
from models import Case, Order, Person


async def listed(session: AsyncSession, reader: Reader, person: Person) -> Say:
    """The nearest due first, each with a button that opens its case."""
    rows = await orders.waiting(session, person)
    if not rows:
        return Say("task.orders.empty")
    shown = list(enumerate(rows, start=1))
    lines = [_line(reader, n, order, case) for n, (order, case) in shown]
    opens = [
        Button("open", "task.button.task", {"n": n, "number": case.number}, {"number": case.number})
        for n, (_, case) in shown
    ]
    return Say("task.orders.title", {"count": len(rows), "lines": lines}, opens)


def _line(reader: Reader, n: int, order: Order, case: Case) -> tuple[str, dict[str, object]]:
    state = "answered" if order.answered_at else "overdue" if order.overdue else "waits"
    text = card.excerpt(order.answer or order.text)
    args = {"n": n, "order": order.number, "number": case.number, "unit": order.unit, "text": text}
    return f"task.orders.{state}", {**args, "due": order.due_at.isoformat()}
