"""Units of SenML (RFC 8428, section 12.1, and the secondary ones of RFC 8798) and what UCUM calls them.

A record in a secondary unit is stored in that unit: nothing is converted, so a number is found as it was sent.
"""

from typing import Final

from fansipan_ingest.domain.registration import Unit

_TABLE: Final = """
m          m          metre
kg         kg         kilogram
g          g          gram
s          s          second
A          A          ampere
K          K          kelvin
cd         cd         candela
mol        mol        mole
Hz         Hz         hertz
rad        rad        radian
sr         sr         steradian
N          N          newton
Pa         Pa         pascal
J          J          joule
W          W          watt
C          C          coulomb
V          V          volt
F          F          farad
Ohm        Ohm        ohm
S          S          siemens
Wb         Wb         weber
T          T          tesla
H          H          henry
Cel        Cel        degree Celsius
lm         lm         lumen
lx         lx         lux
Bq         Bq         becquerel
Gy         Gy         gray
Sv         Sv         sievert
kat        kat        katal
m2         m2         square metre
m3         m3         cubic metre
l          L          litre
m/s        m/s        metre per second
m/s2       m/s2       metre per square second
m3/s       m3/s       cubic metre per second
l/s        L/s        litre per second
W/m2       W/m2       watt per square metre
cd/m2      cd/m2      candela per square metre
bit        bit        bit
bit/s      bit/s      bit per second
lat        deg        degree of latitude
lon        deg        degree of longitude
pH         [pH]       pH
dB         dB         decibel
dBW        dB[W]      decibel watt
Bspl       B[SPL]     bel sound pressure level
count      {count}    count
/          1          ratio
%          1          ratio
%RH        %          percent relative humidity
%EL        %          percent of energy left
EL         s          second of energy left
1/s        /s         per second
1/min      /min       per minute
beat/min   {beat}/min beat per minute
beats      {beat}     beat
S/m        S/m        siemens per metre
B          By         byte
VA         V.A        volt ampere
VAs        V.A.s      volt ampere second
var        V.A{r}     volt ampere reactive
vars       V.A{r}.s   volt ampere reactive second
J/m        J/m        joule per metre
kg/m3      kg/m3      kilogram per cubic metre
deg        deg        degree
NTU        {NTU}      nephelometric turbidity unit
ms         ms         millisecond
min        min        minute
h          h          hour
MHz        MHz        megahertz
kW         kW         kilowatt
kVA        kV.A       kilovolt ampere
kvar       kV.A{r}    kilovolt ampere reactive
Ah         A.h        ampere hour
Wh         W.h        watt hour
kWh        kW.h       kilowatt hour
varh       V.A{r}.h   volt ampere reactive hour
kvarh      kV.A{r}.h  kilovolt ampere reactive hour
kVAh       kV.A.h     kilovolt ampere hour
Wh/km      W.h/km     watt hour per kilometre
KiB        KiBy       kibibyte
GB         GBy        gigabyte
Mbit/s     Mbit/s     megabit per second
B/s        By/s       byte per second
MB/s       MBy/s      megabyte per second
mV         mV         millivolt
mA         mA         milliampere
dBm        dB{mW}     decibel milliwatt
ug/m3      ug/m3      microgram per cubic metre
mm/h       mm/h       millimetre per hour
m/h        m/h        metre per hour
ppm        [ppm]      part per million
/100       %          percent
/1000      [ppth]     part per thousand
hPa        hPa        hectopascal
mm         mm         millimetre
cm         cm         centimetre
km         km         kilometre
km/h       km/h       kilometre per hour
"""
_SYMBOLS: Final = {
    "Cel": "°C",
    "ug/m3": "µg/m³",
    "Ohm": "Ω",
    "m2": "m²",
    "m3": "m³",
    "m/s2": "m/s²",
    "m3/s": "m³/s",
    "W/m2": "W/m²",
    "cd/m2": "cd/m²",
    "kg/m3": "kg/m³",
    "deg": "°",
    "lat": "°",
    "lon": "°",
    "%RH": "%",
    "%EL": "%",
    "/100": "%",
    "/1000": "‰",
    "/": "1",
    "%": "1",  # of this unit RFC 8428 says that it is a ratio, not a percentage
    "EL": "s",
    "pH": "pH",
}


def _unit_of(line: str) -> tuple[str, Unit]:
    senml, ucum, name = line.split(maxsplit=2)
    return senml, Unit(name, _SYMBOLS.get(senml, senml), ucum)


SENML_UNITS: Final[dict[str, Unit]] = dict(_unit_of(line) for line in _TABLE.strip().splitlines())
"""By SenML's own symbol."""


def summed(unit: Unit) -> Unit:
    """The unit of a sum: SenML integrates over seconds."""
    if unit.ucum == "1":
        return Unit("second", "s", "s")
    return Unit(f"{unit.name} second", f"{unit.symbol}·s", f"{unit.ucum}.s")
