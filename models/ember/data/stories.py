"""Little stories with a plot: as plain text (`sample`) and as answers to requests in a chat (`sample_chat`)."""
from __future__ import annotations

import random
import re

from .story_plots import Plot, expand, load_plots, tidy
from .story_scene import draw_scene
from .word_lists import templates

PLOTS = load_plots()
PHRASINGS = templates("story_phrasings.txt")
NO_CLOSING = 0.6  # how often a story for training ends with its plot

LEADS = ("", "", "", "", "Here is a little story.\n\n", "Here is a story about {ask}.\n\n", "{title}\n\n")
SYSTEMS = ("", "", "", "You are ember, a tiny demonstration model.", "You tell little stories.",
           "You are a kind storyteller.", "You are ember. You write short stories in simple English.",
           "Write simple stories for small children.")


def said(rng: random.Random, split: str, section: str, **values: str) -> str:
    """What the person says, in a phrasing of the section."""
    return expand(rng, PHRASINGS[section].line(rng, split), values)


def draw_plot(rng: random.Random, split: str) -> Plot:
    """A plot of the split: held stories have a held plot half of the time, training never."""
    held = split == "held" and rng.random() < 0.5
    return rng.choice([plot for plot in PLOTS if plot.held == held and (split == "train" or not plot.is_trained_only)])


def may_use_pronoun(last: str, slots: dict[str, str]) -> bool:
    """Whether the hero alone was spoken of, so that "he" or "she" can only mean the hero."""
    others = (slots["B"], slots["G"], slots["small"], "shopkeeper", "baker", '"')
    return slots["A"].lower() in last.lower() and not any(other.lower() in last.lower() for other in others)


def tell(rng: random.Random, split: str) -> tuple[Plot, dict[str, str], list[str]]:
    """One story: its plot, its scene and its paragraphs (the opening first)."""
    plot = draw_plot(rng, split)
    slots = draw_scene(rng, split, plot.settings)
    phrasings = [PHRASINGS["openings"].line(rng, split)]
    if rng.random() < 0.45 and "short" not in plot.settings:
        phrasings.append(PHRASINGS["backdrops"].line(rng, split))
    phrasings += [rng.choice(beat.options(split)) for beat in plot.beats if not beat.optional or rng.random() < 0.5]
    if split == "held" or rng.random() >= NO_CLOSING:
        phrasings.append(PHRASINGS["closings"].line(rng, split))
    parts: list[str] = []
    for phrasing in phrasings:
        if phrasing.startswith("{A} ") and may_use_pronoun(parts[-1], slots) and rng.random() < 0.5:
            phrasing = "{he} " + phrasing[4:]
        parts.append(tidy(expand(rng, phrasing, slots)))
    return plot, slots, parts


def join_parts(rng: random.Random, parts: list[str]) -> str:
    """The parts as one text, in one paragraph or in a few."""
    if rng.random() < 0.6:
        return " ".join(parts)
    cut = rng.randint(2, len(parts) - 2)
    return " ".join(parts[:cut]) + "\n\n" + " ".join(parts[cut:])


def sample(rng: random.Random, split: str) -> dict:
    """A story as plain text."""
    _, _, parts = tell(rng, split)
    return {"kind": "story", "text": join_parts(rng, parts)}


def story_words(rng: random.Random, slots: dict[str, str], text: str) -> list[str]:
    """Two to four plain nouns and colours of the scene that really occur in the text, in a random order."""
    wanted = [slots[key] for key in ("kind", "thing", "prop", "items", "small", "tree", "seed", "Gkey", "part",
                                     "bkind")]
    wanted += [slots["place"].split()[-1], slots["home"].split()[-1]]
    words = []
    for word in wanted:
        if word and word not in words and re.search(rf"\b{re.escape(word)}\b", text):
            words.append(word)
    rng.shuffle(words)
    return words[:rng.randint(2, 4)]


def is_child(slots: dict[str, str]) -> bool:
    """Whether the hero is a child, whose name a user may have."""
    return slots["kind"] in ("boy", "girl")


def request(rng: random.Random, split: str, plot: Plot, slots: dict[str, str], text: str) -> tuple[str, list[str]]:
    """What the user asks for, and the words that the answer must have."""
    way = rng.random()
    if way < 0.12:
        return said(rng, split, "short_asks" if "short" in plot.settings else "open_asks"), []
    if way < 0.2 and is_child(slots):
        return said(rng, split, "own_asks", name=slots["named"]), [slots["named"]]
    words = story_words(rng, slots, text)
    if way < 0.4 and len(words) >= 2:
        listed = ", ".join(words) if rng.random() < 0.6 else ", ".join(words[:-1]) + " and " + words[-1]
        return said(rng, split, "word_asks", words=listed), words
    asked = PHRASINGS["asks"].line(rng, split)
    return expand(rng, asked, {"ask": topic(rng, plot, slots, text)}), []


def topic(rng: random.Random, plot: Plot, slots: dict[str, str], text: str) -> str:
    """What the story is about, as a phrase for the request."""
    own = [slots["intro"]]
    if re.search(rf"\b{slots['thing']}\b", text):
        own.append(f"{slots['intro']} and a {slots['thing']}")
    if slots["B"] in text:
        own.append(f"{slots['intro']} and {slots['Bintro']}")
    phrase = rng.choice(own) if rng.random() < 0.3 else rng.choice(plot.asks).format_map(slots)
    return re.sub(r"\ba (?=[aeiou])", "an ", phrase)


def follow_up(rng: random.Random, split: str, plot: Plot, slots: dict[str, str], text: str) -> tuple[str, str, str]:
    """A question about the story that was told, its answer and the answer's key word."""
    way = rng.random()
    title = tidy(plot.title.format_map(slots))
    if way < 0.15:
        return said(rng, split, "title_asks"), rng.choice((f"{title}.", f'"{title}" would be a good title.')), title
    asked = [found for found in plot.questions if found[2].format_map(slots).lower() in text.lower()]
    if slots["named"] and (way < 0.4 or not asked):
        name = slots["named"]
        answer = rng.choice((f"The {slots['kind']} was called {name}.", f"{slots['Kind']} {name}.", f"It was {name}."))
        answer = answer.replace(f"{slots['Kind']} {name}.", f"{name}.")
        return said(rng, split, "name_asks", kind=slots["kind"]), answer, name
    question, answer, word = (part.format_map(slots) for part in rng.choice(asked))
    question, answer = tidy(question), tidy(answer)
    return said(rng, split, "asides", q=question, low=question[0].lower() + question[1:]), answer, word


def told_chat(rng: random.Random, split: str) -> dict:
    """A request, the story that fulfils it, and perhaps a question about it."""
    plot, slots, parts = tell(rng, split)
    text = join_parts(rng, parts)
    asked, words = request(rng, split, plot, slots, text)
    title = tidy(plot.title.format_map(slots))
    lead = rng.choice(LEADS).format(title=title, ask=topic(rng, plot, slots, text))
    messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": lead + text}]
    made = {"kind": "story_chat", "messages": messages}
    if words:
        made["expected"] = words
    elif rng.random() < 0.4 and len(text) < 1150:
        question, answer, word = follow_up(rng, split, plot, slots, text)
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        made["expected"] = word
    return made


def continued_chat(rng: random.Random, split: str) -> dict:
    """The beginning of a story, and its rest as the answer."""
    _, _, parts = tell(rng, split)
    cut = rng.randint(2, max(2, len(parts) // 2))
    asked = said(rng, split, "continue_asks", start=" ".join(parts[:cut]))
    messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": " ".join(parts[cut:])}]
    return {"kind": "story_chat", "messages": messages}


def sample_chat(rng: random.Random, split: str) -> dict:
    """A chat in which a story is asked for and told."""
    made = continued_chat(rng, split) if rng.random() < 0.2 else told_chat(rng, split)
    system = rng.choice(SYSTEMS)
    if system:
        made["messages"].insert(0, {"role": "system", "content": system})
    return made
