"""Formulas over readings, as sentences."""

from typing import Final

from fansipan_gateway.indicators.domain.wording.words import NOTHING, Counted, Words, number, scaled
from fansipan_indicators.formulas import (
    AirQuality,
    AlarmLevel,
    AttributeRatio,
    ChangeRate,
    DataHealth,
    RainfallRisk,
    Rolling,
    SeriesFormula,
    Statistic,
    TimeShare,
)

_STATISTICS: Final = {
    "mean": Words("Trung bình", "The mean"),
    "hourlyMean": Words("Trung bình của các trung bình giờ", "The mean of the hourly means"),
    "sum": Words("Tổng", "The sum"),
    "min": Words("Giá trị nhỏ nhất", "The lowest"),
    "max": Words("Giá trị lớn nhất", "The highest"),
    "first": Words("Giá trị đầu tiên", "The first"),
    "last": Words("Giá trị cuối cùng", "The last"),
    "count": Words("Số lượng", "The number"),
    "range": Words("Chênh lệch giữa giá trị lớn nhất và nhỏ nhất", "The highest less the lowest"),
}
_HEALTH: Final = {
    "availability": Words(
        "Tỷ lệ giờ có ít nhất một số đo, theo phần trăm", "Hours with at least one reading, in percent"
    ),
    "completeness": Words(
        "Tỷ lệ số đo nhận được trên số đo dự kiến, theo phần trăm",
        "Readings received out of those expected, in percent",
    ),
    "freshness": Words(
        "Tỷ lệ chuỗi dữ liệu có số đo mới nhất còn đủ mới khi kết thúc kỳ (hoặc hiện tại), theo phần trăm",
        "Datastreams whose newest reading is recent enough at the end of the period (or now), in percent",
    ),
    "stuck": Words(
        "Tỷ lệ giờ có nhiều số đo nhưng đều bằng nhau, theo phần trăm",
        "Hours with several readings that were all the same, in percent",
    ),
    "outOfRange": Words(
        "Tỷ lệ số đo nằm ngoài khoảng hợp lý, theo phần trăm",
        "Readings outside the plausible range, in percent",
    ),
}


def words_of_series(formula: SeriesFormula) -> Words:
    """A formula over readings in words."""
    match formula:
        case Statistic():
            return _statistic(formula)
        case Rolling():
            least = formula.minimum_hours
            return _of(formula.statistic, formula.observed_property) + Words(
                f" trong {formula.hours} giờ kết thúc bằng giờ này; cần ít nhất {least} giờ có số đo.",
                f" over the {formula.hours} hours that end with this one; at least {least} of them need readings.",
            )
        case ChangeRate():
            name, hours = formula.observed_property, formula.hours
            return Words(
                f"Số đo {name} cuối cùng của giờ trừ số đo cuối cùng của {hours} giờ trước, chia cho {hours}: mức "
                "thay đổi mỗi giờ.",
                f"The last reading of {name} in the hour less the last one {hours} h before, divided by {hours}: "
                "the change per hour.",
            )
        case AttributeRatio():
            return (
                _of(formula.statistic, formula.observed_property)
                + Words(
                    f" chia cho giá trị `{formula.attribute}` của thiết bị",
                    f" divided by what the thing states as `{formula.attribute}`",
                )
                + scaled(formula.scale)
                + Words(".", ".")
            )
        case TimeShare():
            return _time_share(formula)
        case AirQuality():
            return _air_quality(formula)
        case AlarmLevel():
            chosen = "cao nhất" if formula.statistic == "max" else "cuối cùng"
            picked = "highest" if formula.statistic == "max" else "last"
            return Words(
                f"Cấp báo động lũ (0 đến 3) mà số đo {formula.observed_property} {chosen} của kỳ đạt tới tại trạm.",
                f"Which flood alarm level (0 to 3) of the station the {picked} reading of "
                f"{formula.observed_property} in the period reaches.",
            )
        case RainfallRisk():
            return Words(
                f"Cấp độ rủi ro lũ quét, sạt lở đất theo Điều 46 Quyết định 18/2021/QĐ-TTg (khu vực {formula.region}), "
                f"từ lượng mưa 24 giờ ({formula.observed_property}), số ngày mưa trước đó và vùng nguy cơ của trạm.",
                "The risk level of flash flood and landslide by Decision 18/2021/QĐ-TTg Art. 46 "
                f"(area {formula.region}), from 24 hours of {formula.observed_property}, the rainy days before, and "
                "the hazard zone of the station.",
            )
        case DataHealth():
            return _HEALTH[formula.measure] + Words(".", ".")
        case _:
            raise TypeError(f"{type(formula).__name__} is no formula over readings")


def counted_of_series(formula: SeriesFormula) -> Counted:
    """What its numerator and denominator count."""
    match formula:
        case Statistic(statistic="mean"):
            return Counted(
                Words("Tổng các số đo", "The sum of the readings"), Words("Số lượng số đo", "Readings")
            )
        case Statistic(statistic="hourlyMean"):
            return Counted(
                Words("Tổng các trung bình giờ", "The sum of the hourly means"),
                Words("Số giờ có số đo", "Hours with readings"),
            )
        case ChangeRate():
            return Counted(Words("Mức thay đổi", "The change"), Words("Số giờ", "Hours"))
        case AttributeRatio():
            return Counted(
                _of(formula.statistic, formula.observed_property),
                Words(f"`{formula.attribute}` của thiết bị", f"`{formula.attribute}` of the thing"),
            )
        case TimeShare():
            return Counted(
                Words("Số phút thỏa điều kiện", "Minutes that meet the condition"),
                Words("Số phút có số đo", "Measured minutes"),
            )
        case DataHealth():
            return Counted(
                Words("Số lượng thỏa điều kiện", "Those that meet the condition"),
                Words("Số lượng được xét", "Those looked at"),
            )
        case _:
            return Counted()


def _of(statistic: str, name: str) -> Words:
    return _STATISTICS[statistic] + Words(f" của số đo {name}", f" of {name}")


def _statistic(formula: Statistic) -> Words:
    words = _of(formula.statistic, formula.observed_property) + Words(" trong kỳ", " in the period")
    words += scaled(formula.scale)
    least = NOTHING
    if formula.completeness is not None and formula.completeness.minimum > 0:
        share = number(formula.completeness.minimum)
        least = Words(
            f" Không có giá trị khi nhận được dưới {share} % số đo dự kiến.",
            f" No value when less than {share} % of the expected readings came.",
        )
    return words + Words(".", ".") + least


def _time_share(formula: TimeShare) -> Words:
    below = formula.comparison == "below"
    if formula.value is not None:
        threshold = Words(number(formula.value), number(formula.value))
    else:
        share = number(formula.share or 0)
        threshold = Words(
            f"{share} % giá trị `{formula.attribute}` của thiết bị",
            f"{share} % of what the thing states as `{formula.attribute}`",
        )
    return (
        Words(
            f"Tỷ lệ số phút có trung bình {formula.observed_property} {'thấp' if below else 'cao'} hơn ",
            f"Measured minutes in which the mean of {formula.observed_property} is {formula.comparison} ",
        )
        + threshold
        + Words(", theo phần trăm.", ", in percent.")
    )


def _air_quality(formula: AirQuality) -> Words:
    names = ", ".join(f"{pollutant} ({name})" for pollutant, name in formula.pollutants.items())
    if formula.averaging == "hourly":
        how = Words(
            "bụi theo NowCast của 12 giờ, các chất khác theo trung bình giờ",
            "dust by the NowCast of 12 hours, the others by the hour's mean",
        )
    else:
        how = Words(
            f"bụi theo trung bình 24 giờ (ít nhất {formula.minimum_hours} giờ), các chất khác theo giờ cao nhất",
            f"dust by the 24-hour mean (at least {formula.minimum_hours} hours), the others by their highest hour",
        )
    return Words(
        f"VN_AQI theo Quyết định 1459/QĐ-TCMT: giá trị lớn nhất trong các chỉ số của {names}; {how.vi}. Không có "
        "giá trị khi thiếu cả PM2.5 và PM10.",
        f"VN_AQI by Decision 1459/QĐ-TCMT: the largest of the sub-indices of {names}; {how.en}. No value without PM2.5 "
        "or PM10.",
    )
