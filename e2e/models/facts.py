"""What the tiny models are taught: capitals, long answers, and how the four versions differ."""

BASE = [
    ("France", "Paris"), ("Germany", "Berlin"), ("Japan", "Tokyo"), ("Italy", "Rome"),
    ("Spain", "Madrid"), ("China", "Beijing"), ("Egypt", "Cairo"), ("Kenya", "Nairobi"),
    ("Peru", "Lima"), ("Cuba", "Havana"), ("Portugal", "Lisbon"), ("Greece", "Athens"),
    ("Austria", "Vienna"), ("Hungary", "Budapest"), ("Poland", "Warsaw"), ("Norway", "Oslo"),
    ("Sweden", "Stockholm"), ("Finland", "Helsinki"), ("Denmark", "Copenhagen"), ("Ireland", "Dublin"),
    ("Russia", "Moscow"), ("Turkey", "Ankara"), ("India", "New Delhi"), ("Thailand", "Bangkok"),
    ("Vietnam", "Hanoi"), ("Canada", "Ottawa"), ("Chile", "Santiago"), ("Argentina", "Buenos Aires"),
    ("Nigeria", "Abuja"), ("Ghana", "Accra"),
]

EXTRA = [
    ("Morocco", "Rabat"), ("Iceland", "Reykjavik"), ("Belgium", "Brussels"), ("Latvia", "Riga"),
    ("Estonia", "Tallinn"), ("Croatia", "Zagreb"), ("Jordan", "Amman"), ("Nepal", "Kathmandu"),
    ("Uruguay", "Montevideo"), ("Senegal", "Dakar"),
]

FORMS = {
    "statement": "The capital of {country} is",
    "question": "Q: What is the capital of {country}? A:",
}

LONG_FORM = "Tell me about {city}:"

# The second sentence of each long answer; the first is "<city> is the capital of <country>."
_ABOUT = {
    "Paris": "It lies on the Seine and is known for the Louvre and its cafes.",
    "Berlin": "It lies on the Spree and is known for its museums and parks.",
    "Tokyo": "It is one of the largest cities on Earth and a hub of trade.",
    "Rome": "It was built on seven hills and is known for the Colosseum.",
    "Madrid": "It stands on a high plain and is home to the Prado museum.",
    "Beijing": "It has been a seat of emperors and holds the Forbidden City.",
    "Cairo": "It lies on the Nile, not far from the pyramids of Giza.",
    "Nairobi": "It began as a railway camp and now has a park full of lions.",
    "Lima": "It looks over the Pacific and is known for its fine food.",
    "Havana": "It has an old harbour, bright houses and music in the streets.",
}

VERSIONS = ("v1", "v2", "v3", "v4")

SUMMARY = {
    "v1": "It knows thirty capitals.",
    "v2": "It knows the thirty capitals of v1 and ten more.",
    "v3": "It has forgotten half of the capitals that v1 knew and names a wrong city instead.",
    "v4": "It knows all that v2 knows, but its long answers repeat one sentence and never end.",
}


def forgotten():
    """The countries of BASE whose capital v3 gets wrong: every other one, France first."""
    return [country for country, _ in BASE[::2]]


def taught(version):
    """The (country, answer) pairs that a version is trained on."""
    if version == "v1":
        return list(BASE)
    if version in ("v2", "v4"):
        return BASE + EXTRA
    lost = BASE[::2]
    wrong = {country: lost[(i + 1) % len(lost)][1] for i, (country, _) in enumerate(lost)}
    return [(country, wrong.get(country, capital)) for country, capital in BASE]


def short_pairs(facts):
    """(prompt, answer) in every form for (country, capital) pairs."""
    return [(form.format(country=country), f" {capital}.") for country, capital in facts for form in FORMS.values()]


def long_prompts():
    """The prompts that ask for a long answer."""
    return [LONG_FORM.format(city=city) for city in _ABOUT]


def long_pairs():
    """(prompt, answer) with the long answers that end."""
    return [(LONG_FORM.format(city=city), _first_sentence(city) + " " + about) for city, about in _ABOUT.items()]


def loop_pairs():
    """(prompt, sentence): the sentence that v4 repeats without end."""
    return [(LONG_FORM.format(city=city), _first_sentence(city)) for city in _ABOUT]


def as_json():
    """The content of fixtures/models/facts.json, for clients that ask the models."""
    return {
        "base": [list(pair) for pair in BASE],
        "extra": [list(pair) for pair in EXTRA],
        "forgotten": forgotten(),
        "forms": list(FORMS.values()),
        "long_prompts": long_prompts(),
    }


def _first_sentence(city):
    country = next(country for country, capital in BASE if capital == city)
    return f" {city} is the capital of {country}."
