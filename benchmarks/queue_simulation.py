"""How many processes a city or a country needs: requests that wait for one of them, simulated at the busiest hour.

    python -m benchmarks.queue_simulation [--request-ms 20] [--figure docs/pictures/queue.svg]

First come, first served, by so many processes, each with a core of its own and a share of the database's. Arrivals are
Poisson at the rate of the hour; the time of a request is a gamma of the measured mean and as wide as it is long (most
are messages of some milliseconds, some are steps of five times that). Prints for each place the processes needed until
99 of 100 wait no longer than 150 ms, and what happens where one is missing. tests/docs/test_queue.py holds it against
the known formula for M/M/c (Erlang C).
"""

import argparse
from dataclasses import dataclass
from heapq import heapify, heapreplace
from math import factorial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]

REQUEST_MS = 20.0
"""A tenth of a life, PostgreSQL and the deliveries included; a message alone takes a quarter of it."""

SPREAD = 1.0
"""Standard deviation of it, by the mean."""

BUSIEST_HOUR = 0.10
"""Of a day's messages; a hotline's day has most of its calls between 9 and 11."""

WAIT = 0.150
"""Seconds within which 99 of 100 are to be taken up."""

SECONDS = 900
"""Of the busiest hour that are simulated."""

MOST = 2_000_000
"""Arrivals simulated at most; above it a shorter time is."""


@dataclass(frozen=True)
class Place:
    name: str
    a_day: float  # requests
    storm: float  # how many times that on the worst day

    @property
    def rate(self) -> float:
        """Requests a second in the busiest hour of that day."""
        return self.a_day * self.storm * BUSIEST_HOUR / 3600


PLACES = (
    Place("a county-level city: 900 messages a day", 900, 10),
    Place("a city of 22 million: 24 million messages a year", 24e6 / 365, 10),
    Place("a country: 4.4 million calls a day, ten requests each", 44e6, 3),
)


def waits(arrivals: Times, services: Times, servers: int) -> Times:
    """How long each waits before it is begun."""
    free = [0.0] * servers
    heapify(free)
    waited = np.empty_like(arrivals)
    for n, (at, takes) in enumerate(zip(arrivals.tolist(), services.tolist(), strict=True)):
        begins = max(at, free[0])
        heapreplace(free, begins + takes)
        waited[n] = begins - at
    return waited


def arrivals(rate: float, seconds: float, draw: np.random.Generator) -> Times:
    return np.sort(draw.uniform(0, seconds, draw.poisson(rate * seconds)))


def services(count: int, mean: float, spread: float, draw: np.random.Generator) -> Times:
    shape = 1 / spread**2
    return draw.gamma(shape, mean / shape, count)


def erlang_c(load: float, servers: int) -> float:
    """How likely one waits where `load` servers are busy on average (Erlang, 1917); 1 where they are not enough."""
    if load >= servers:
        return 1.0
    queued = load**servers / factorial(servers) * servers / (servers - load)
    return queued / (sum(load**k / factorial(k) for k in range(servers)) + queued)


def mean_wait(rate: float, mean: float, servers: int) -> float:
    """Of M/M/c, in seconds."""
    return erlang_c(rate * mean, servers) * mean / (servers - rate * mean)


def p99(rate: float, mean: float, servers: int, spread: float = SPREAD, seed: int = 1) -> float:
    """Seconds that 1 in 100 waits at least."""
    draw = np.random.default_rng(seed)
    came = arrivals(rate, min(SECONDS, MOST / rate), draw)
    return float(np.quantile(waits(came, services(len(came), mean, spread, draw), servers), 0.99)) if len(came) else 0.0


def needed(rate: float, mean: float, within: float = WAIT) -> int:
    """The fewest processes."""
    servers = max(1, int(rate * mean))
    while p99(rate, mean, servers) > within:
        servers += max(1, servers // 100)
    return servers


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--request-ms", type=float, default=REQUEST_MS)
    ask.add_argument("--figure", type=Path)
    asked = ask.parse_args()
    mean = asked.request_ms / 1000
    print(
        "| place | requests a second, busiest hour of the worst day | busy cores | needed | p99 wait | with one less |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for place in PLACES:
        servers = needed(place.rate, mean)
        less = f"{1000 * p99(place.rate, mean, servers - 1):,.0f} ms" if servers > 1 else "–"
        now = 1000 * p99(place.rate, mean, servers)
        print(f"| {place.name} | {place.rate:,.1f} | {place.rate * mean:.2f} | {servers} | {now:.0f} ms | {less} |")
    if asked.figure:
        asked.figure.write_text(figure(mean), encoding="utf-8")


# The figure

WIDTH, HEIGHT, LEFT, BOTTOM = 640, 320, 56, 40
CURVES = {1: "#1f5f8b", 2: "#2f8f5b", 4: "#b5651d", 8: "#7b4397"}
TOP_MS = 300.0


def figure(mean: float) -> str:
    """p99 of the wait by how busy the processes are, for some numbers of them, as SVG."""
    shares = np.arange(0.1, 0.99, 0.04)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        'font-family="sans-serif" font-size="12">',
        f'<title>Wait of 1 in 100 requests by load, {1000 * mean:.0f} ms each</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]  # fmt: skip
    for ms in range(0, int(TOP_MS) + 1, 50):
        y = _y(ms)
        parts.append(f'<path d="M{LEFT} {y:.0f}H{WIDTH - 70}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.0f}" text-anchor="end">{ms}</text>')
    for share in (0.2, 0.4, 0.6, 0.8, 1.0):
        parts.append(f'<text x="{_x(share):.0f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{share:.0%}</text>')
    parts.append(f'<path d="M{LEFT} {_y(1000 * WAIT):.0f}H{WIDTH - 70}" stroke="#c00" stroke-dasharray="4 3"/>')
    for servers, color in CURVES.items():
        found = [(share, 1000 * p99(share * servers / mean, mean, servers)) for share in shares]
        shown = [(share, ms) for share, ms in found if ms <= TOP_MS]
        line = " ".join(f"{_x(share):.1f},{_y(ms):.1f}" for share, ms in shown)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>')
        share, ms = shown[-1]
        parts.append(f'<text x="{_x(share) + 5:.0f}" y="{_y(ms):.0f}" fill="{color}">{servers}</text>')
    parts.append(f'<text x="{LEFT}" y="14">ms that 1 in 100 waits, by how busy 1, 2, 4, 8 processes are</text></svg>')
    return "\n".join(parts) + "\n"


def _x(share: float) -> float:
    return LEFT + (WIDTH - 70 - LEFT) * share


def _y(ms: float) -> float:
    return 24 + (HEIGHT - BOTTOM - 24) * (1 - ms / TOP_MS)


if __name__ == "__main__":
    main()
