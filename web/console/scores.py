"""群众评分: what residents and firms think of a community's work; means only, none of fewer than five."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from cases import scores
from cases.errors import NotFound
from web import charts
from web.console.export import To, sent
from web.console.shell import Console, at

router = APIRouter()
Here = Annotated[Console, at("scores")]
HEADING = ("console.scores.area", "console.scores.quarter", "console.scores.answers", "console.scores.overall")
QUESTIONS = {
    "responsive": "console.scores.responsive",
    "fair": "console.scores.fair",
    "tidy": "console.scores.tidy",
    "safe": "console.scores.safe",
}


@router.get("/console/scores", response_model=None)
async def scores_page(
    here: Here,
    quarter: Annotated[str, Query(max_length=8)] = "",
    area: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """All areas somebody may read in one quarter; one of them with its questions, its quarters and its words."""
    areas, quarters = scores.scored(here.book, here.person), scores.quarters(here.now)
    shown = quarter if quarter in quarters else quarters[-1]
    if area and area not in areas:
        raise NotFound("request.not_found")
    only = area or (areas[0] if len(areas) == 1 else "")
    async with here.parts.transactions.read() as session:
        found = await scores.means(session, areas, quarters)
        words = await scores.words(session, here.book, here.person, only, shown) if only else []
    rows = [(code, found.get((code, shown))) for code in areas]
    return here.show(
        "scores", rows=rows, quarters=quarters, quarter=shown, area=only, mean=found.get((only, shown)), words=words,
        trend=_trend(here, only, quarters, found) if only else None, questions=QUESTIONS, fewest=scores.FEWEST,
    )  # fmt: skip


@router.get("/console/scores/export", response_model=None)
async def export_scores(here: Here, quarter: Annotated[str, Query(max_length=8)] = "", to: To = To.CSV) -> Response:
    """The same means as a table, nothing else."""
    areas, quarters = scores.scored(here.book, here.person), scores.quarters(here.now)
    shown = quarter if quarter in quarters else quarters[-1]
    async with here.parts.transactions.begin() as session:
        found = await scores.means(session, areas, [shown])
        heading = [here.say(key) for key in (*HEADING, *QUESTIONS.values())]
        rows = [_row(here, found[code, shown]) for code in areas if (code, shown) in found]
        return await sent(
            here, session, "scores", here.say("console.page.scores"), to, heading, filter(None, rows), shown
        )


def _trend(
    here: Console, area: str, quarters: Sequence[str], found: Mapping[tuple[str, str], scores.Mean]
) -> charts.LineChart:
    means = [found.get((area, quarter)) for quarter in quarters]
    labels = [f"{quarter[:4]} {quarter[4:]}" for quarter in quarters]
    return charts.lines(labels, {here.say("console.scores.overall"): [m.overall if m else None for m in means]},
                        low=1, high=5)  # fmt: skip


def _row(here: Console, mean: scores.Mean) -> list[str]:
    """Nothing for an area of which nothing is shown."""
    if mean.n is None or mean.answers is None:
        return []
    each = [f"{mean.answers[question]:.2f}" for question in QUESTIONS]
    return [here.book.area_name(mean.area), mean.quarter, str(mean.n), f"{mean.overall:.2f}", *each]
