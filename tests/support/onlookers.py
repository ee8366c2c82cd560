"""Two residents, some of the staff, and cases with the photo of each: for tests of who may see what."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Self

from tests.support.people import Resident, Staff
from tests.support.site import Site


@dataclass
class Town:
    """`numbers` and `photos` by a name that a test gives the case."""

    site: Site
    ann: Resident
    bob: Resident
    staff: dict[str, Staff]
    numbers: dict[str, str] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def opened(cls, site: Site, staff: Collection[str]) -> Self:
        ann, bob = [await site.resident("B0103") for _ in range(2)]
        return cls(site, ann, bob, {name: await site.staff(name) for name in sorted(staff)})

    async def file(self, case: str, resident: Resident) -> None:
        await resident.say(f"楼下烧烤店油烟太大 {case}")
        await resident.send_photo()
        await resident.press("submit")
        if "case" not in resident.said[-1]:  # it is asked whether this is one of those before
            await resident.press("separate")
        self.numbers[case] = resident.said[-1]["case"]["number"]
        self.photos[case] = (await self.staff["chenlu"].case(self.numbers[case]))["case"]["photos"][0]
