"""Every view of the page, by name, with its address; `{…}` is filled from the city."""

from dataclasses import dataclass
from typing import Final

from tests.support.city import City


@dataclass(frozen=True, slots=True)
class View:
    """A view. `bare` ones have neither header nor navigation; of `inner` ones nobody sees more than "sign in"."""

    name: str
    address: str
    bare: bool = False
    inner: bool = False

    def __str__(self) -> str:
        return self.name

    def of(self, city: City) -> str:
        """Its address, for the city that is there."""
        return self.address.format(thing=city.thing, alert=city.alert, hour=city.hour)

    def in_language(self, language: str, city: City) -> str:
        """Its address, in a language."""
        address = self.of(city)
        return f"{address}{'&' if '?' in address else '?'}lang={language}"


VIEWS: Final = (
    View("overview", "/"),
    View("overview-commune", "/?area=02671"),
    View("why", "/?why=river-alarm-level~{hour}~02671"),
    View("alert", "/?alert={alert}"),
    View("indicator", "/indicators/river-alarm-level?subject=02671"),
    View("indicator-table", "/indicators/cases-received?show=table"),
    View("services", "/services"),
    View("environment-air", "/environment"),
    View("environment-river", "/environment?layer=river"),
    View("environment-rain", "/environment?layer=rain"),
    View("station", "/environment?layer=river&station=e2e-city%2Ftram-song"),
    View("things", "/things"),
    View("datastreams", "/things?by=datastreams"),
    View("thing", "/things/{thing}"),
    View("alerts", "/alerts"),
    View("ended-alerts", "/alerts?state=all"),
    View("maintenance", "/alerts?tab=maintenance", inner=True),
    View("admin-providers", "/admin/providers?provider=e2e-city"),
    View("admin-operators", "/admin/operators", inner=True),
    View("admin-names", "/admin/names", inner=True),
    View("admin-audit", "/admin/audit", inner=True),
    View("admin-catalogue", "/admin/catalogue", inner=True),
    View("admin-periods", "/admin/periods", inner=True),
    View("admin-dead-letters", "/admin/dead-letters", inner=True),
    View("integration-usage", "/integration?provider=e2e-city", inner=True),
    View("integration-files", "/integration?tab=files&provider=e2e-city", inner=True),
    View("integration-keys", "/integration?tab=keys&provider=e2e-city", inner=True),
    View("integration-sandbox", "/integration?tab=sandbox&provider=e2e-city", inner=True),
    View("integration-webhooks", "/integration?tab=webhooks&provider=e2e-city", inner=True),
    View("open", "/open"),
    View("embed", "/embed/river-alarm-level", bare=True),
    View("account", "/account"),
    View("wall", "/wall?pages=overview", bare=True),
    View("wall-services", "/wall?pages=services", bare=True),
    View("wall-environment", "/wall?pages=environment", bare=True),
    View("wall-alerts", "/wall?pages=alerts", bare=True),
    View("no-such-view", "/admin/nowhere"),
)
