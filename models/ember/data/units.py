"""Units of measure with their spellings, and what a value of one is in another."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """`value * factor + offset` is the value in the base unit of its measure."""

    spellings: tuple[str, ...]
    factor: float
    offset: float = 0.0


MEASURES: dict[str, list[Unit]] = {
    "length": [
        Unit(("km", "kilometers", "kilometres"), 1000.0), Unit(("m", "meters", "metres"), 1.0),
        Unit(("cm", "centimeters", "centimetres"), 0.01), Unit(("mm", "millimeters", "millimetres"), 0.001),
        Unit(("miles", "mi", "miles"), 1609.344), Unit(("feet", "ft"), 0.3048), Unit(("inches",), 0.0254),
        Unit(("yards", "yd"), 0.9144), Unit(("nautical miles", "nmi"), 1852.0),
    ],
    "mass": [
        Unit(("kg", "kilograms", "kilos"), 1.0), Unit(("g", "grams"), 0.001), Unit(("mg", "milligrams"), 1e-6),
        Unit(("pounds", "lb", "lbs"), 0.45359237), Unit(("ounces", "oz"), 0.028349523125),
        Unit(("tonnes", "t"), 1000.0), Unit(("stone", "st"), 6.35029318),
    ],
    "volume": [
        Unit(("liters", "litres", "l"), 1.0), Unit(("ml", "milliliters", "millilitres"), 0.001),
        Unit(("gallons", "gal"), 3.785411784), Unit(("pints", "pt"), 0.473176473),
        Unit(("cups",), 0.2365882365), Unit(("quarts", "qt"), 0.946352946),
    ],
    "time": [
        Unit(("seconds", "s", "sec"), 1.0), Unit(("minutes", "min"), 60.0), Unit(("hours", "h"), 3600.0),
        Unit(("days",), 86400.0), Unit(("weeks",), 604800.0),
    ],
    "speed": [
        Unit(("km/h", "kilometers per hour"), 1 / 3.6), Unit(("mph", "miles per hour"), 0.44704),
        Unit(("m/s", "meters per second"), 1.0), Unit(("knots", "kn"), 1852 / 3600),
    ],
    "temperature": [
        Unit(("Celsius", "degrees Celsius", "C"), 1.0), Unit(("Kelvin", "K"), 1.0, -273.15),
        Unit(("Fahrenheit", "degrees Fahrenheit", "F"), 5 / 9, -160 / 9),
    ],
    "area": [
        Unit(("hectares", "ha"), 10000.0), Unit(("acres", "ac"), 4046.8564224),
        Unit(("square meters", "square metres", "m2"), 1.0), Unit(("square feet", "sq ft"), 0.09290304),
        Unit(("square miles", "sq mi"), 2589988.110336),
    ],
    "data": [
        Unit(("bytes", "B"), 1.0), Unit(("KB", "kilobytes"), 1e3), Unit(("MB", "megabytes"), 1e6),
        Unit(("GB", "gigabytes"), 1e9), Unit(("TB", "terabytes"), 1e12),
    ],
    "energy": [
        Unit(("joules", "J"), 1.0), Unit(("kJ", "kilojoules"), 1000.0), Unit(("calories", "cal"), 4.184),
        Unit(("kWh", "kilowatt hours"), 3.6e6),
    ],
    "pressure": [Unit(("bar", "bars"), 1e5), Unit(("psi",), 6894.757293168), Unit(("Pa", "pascals"), 1.0)],
}


def draw_units(rng: random.Random) -> tuple[str, Unit, Unit]:
    """A measure and two of its units; the common measures come more often."""
    measures = list(MEASURES)
    measure = rng.choices(measures, [5, 4, 3, 3, 2, 4, 2, 2, 1, 1])[0]
    source, target = rng.sample(MEASURES[measure], 2)
    return measure, source, target


def converted(value: float, source: Unit, target: Unit) -> float | int:
    """`value` of `source` in `target`, with two decimals, or four where it is small."""
    exact = (value * source.factor + source.offset - target.offset) / target.factor
    rounded = round(exact, 2 if abs(exact) >= 1 else 4)
    return int(rounded) if rounded == int(rounded) else rounded
