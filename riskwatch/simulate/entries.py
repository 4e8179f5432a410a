"""The catalogue's entries: what people of a made county call about; data only, read by catalogue.py."""

from __future__ import annotations

from dataclasses import dataclass

DEPARTMENTS: tuple[str, ...] = ("hotline", "emergency", "clinics")


@dataclass(frozen=True, slots=True)
class Topic:
    """A signature: name, domain, the desk that owns it, the harm it watches for."""

    en: str
    zh: str
    domain: str
    owner: str
    owner_zh: str
    harm_en: str
    harm_zh: str


TOPICS: dict[str, Topic] = {
    "gastro": Topic(
        "stomach illness", "肠胃疾病", "public_health", "Public health desk", "公共卫生值班室",
        "people falling ill together", "多人同时患病",
    ),
    "heating": Topic(
        "heating and cold", "供暖与寒冷", "security_and_services", "Utilities desk", "公用事业值班室",
        "people in unheated or badly heated homes", "居民家中无暖或取暖不安全",
    ),
    "storm": Topic(
        "storm damage", "风暴灾害", "natural_hazard", "Emergency management desk", "应急管理值班室",
        "people cut off or hurt by wind and water", "居民因风雨受困或受伤",
    ),
    "road": Topic(
        "road safety", "道路安全", "accident_and_safety", "Road safety desk", "道路安全值班室",
        "people hurt on the roads", "道路上有人受伤",
    ),
    "water": Topic(
        "water supply", "供水", "security_and_services", "Utilities desk", "公用事业值班室",
        "homes without safe water", "居民用水中断或不安全",
    ),
    "respiratory": Topic(
        "respiratory illness", "呼吸道疾病", "public_health", "Public health desk", "公共卫生值班室",
        "people short of breath together", "多人同时呼吸困难",
    ),
    "fire": Topic(
        "fire and gas", "火灾与燃气", "accident_and_safety", "Fire safety desk", "消防安全值班室",
        "people hurt by fire or gas", "居民因火灾或燃气受伤",
    ),
    "livelihood": Topic(
        "work and purchases", "务工与消费", "security_and_services",
        "Labour and consumer desk", "劳动与消费者保护值班室",
        "people left without pay or hurt by unsafe goods and work",
        "劳动者被欠薪，或因商品和作业不安全受损",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One indicator. Rates are relative: all of them are scaled to meet the scenario's `events`.

    `per_100k_day` occurrences a day among 100,000 people, `yearly` the amplitude of the yearly
    cosine in [0, 1), `peak_day` its top (day of the year), `gravity` in [0, 1].
    """

    id: str
    department: str
    signature: str
    en: str
    zh: str
    response: str
    gravity: float
    per_100k_day: float
    profile: str
    yearly: float
    peak_day: int


def _rows(*rows: tuple[str, str, str, str, str, str, float, float, str, float, int]) -> tuple[Entry, ...]:
    return tuple(Entry(*row) for row in rows)


# fmt: off
ENTRIES: tuple[Entry, ...] = _rows(
    ("nausea_vomiting", "emergency", "gastro", "nausea or vomiting calls", "恶心呕吐求助",
     "medical", 0.5, 5.0, "round_the_clock", 0.25, 20),
    ("food_complaint", "hotline", "gastro", "complaints of spoiled food", "变质食品投诉",
     "inspection", 0.4, 4.0, "office", 0.2, 200),
    ("gastro_visits", "clinics", "gastro", "clinic visits for stomach illness", "肠胃病就诊",
     "medical", 0.5, 9.0, "clinic", 0.25, 20),
    ("no_heating", "hotline", "heating", "homes without heating", "家中无暖报修",
     "repair", 0.4, 6.0, "home", 0.7, 20),
    ("carbon_monoxide", "emergency", "heating", "carbon monoxide alarms", "一氧化碳报警",
     "rescue", 0.9, 2.0, "evening", 0.6, 15),
    ("cold_injury_visits", "clinics", "heating", "clinic visits for cold injuries", "冻伤就诊",
     "medical", 0.6, 2.5, "clinic", 0.8, 20),
    ("power_outage", "hotline", "storm", "homes without power", "停电报修",
     "repair", 0.4, 7.0, "home", 0.15, 200),
    ("fallen_tree", "emergency", "storm", "fallen trees and wires", "树木电线倒落",
     "rescue", 0.6, 4.0, "round_the_clock", 0.2, 190),
    ("flooded_road", "hotline", "storm", "flooded roads and cellars", "道路和地下室积水",
     "rescue", 0.6, 3.0, "round_the_clock", 0.3, 210),
    ("vehicle_accident", "emergency", "road", "vehicle accidents", "车辆事故",
     "rescue", 0.6, 12.0, "traffic", 0.1, 340),
    ("injury_visits", "clinics", "road", "clinic visits for traffic injuries", "交通伤就诊",
     "medical", 0.5, 6.0, "traffic", 0.1, 340),
    ("road_defect", "hotline", "road", "potholes and broken signals", "路面和信号灯损坏",
     "repair", 0.2, 5.0, "office", 0.2, 60),
    ("water_cut", "hotline", "water", "homes without water", "停水报修",
     "repair", 0.4, 5.0, "home", 0.1, 30),
    ("water_quality", "hotline", "water", "discoloured or smelling water", "自来水异色异味",
     "inspection", 0.6, 3.0, "home", 0.15, 210),
    ("rash_visits", "clinics", "water", "clinic visits for skin rashes", "皮疹就诊",
     "medical", 0.4, 4.0, "clinic", 0.2, 200),
    ("breathing_trouble", "emergency", "respiratory", "calls for breathing trouble", "呼吸困难求助",
     "medical", 0.7, 8.0, "round_the_clock", 0.25, 25),
    ("respiratory_visits", "clinics", "respiratory", "clinic visits for coughs", "呼吸道感染就诊",
     "medical", 0.4, 14.0, "clinic", 0.4, 25),
    ("smoke_complaint", "hotline", "respiratory", "smoke and dust complaints", "烟尘污染投诉",
     "inspection", 0.3, 3.0, "home", 0.2, 100),
    ("fire_alarm", "emergency", "fire", "fire alarms", "火警",
     "rescue", 0.8, 6.0, "evening", 0.1, 20),
    ("gas_odor", "emergency", "fire", "smell of gas", "燃气异味报警",
     "rescue", 0.8, 3.0, "evening", 0.2, 20),
    ("burn_visits", "clinics", "fire", "clinic visits for burns", "烧烫伤就诊",
     "medical", 0.5, 2.0, "clinic", 0.1, 20),
    ("wages_unpaid", "hotline", "livelihood", "reports of unpaid wages", "欠薪求助",
     "wage_protection", 0.4, 3.0, "office", 0.4, 15),
    ("work_injury_visits", "clinics", "livelihood", "clinic visits for work injuries", "工伤就诊",
     "medical", 0.6, 3.0, "office", 0.1, 200),
    ("unsafe_goods", "hotline", "livelihood", "complaints of unsafe goods", "不安全商品投诉",
     "consumer_protection", 0.3, 3.5, "office", 0.1, 330),
)
# fmt: on

UNKNOWN_CODES: tuple[tuple[str, str], ...] = (
    ("e_bike_injury", "emergency"),
    ("lift_stuck", "hotline"),
    ("allergy_visits", "clinics"),
)
"""Codes that no mapping lists, with the department that starts to send them."""
