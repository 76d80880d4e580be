"""Names and roles of the people and animals in made texts; every sixth name is kept for the held-out split."""
import random

GIRLS = tuple("""
Amara Aiko Ana Anya Aisha Alice Amina Anneke Astrid Ayumi Beatriz Bella Bianca Brigid Camila Carla Chiara Chloe Clara
Dalia Daphne Daria Diya Dora Edith Elena Elif Elsa Emma Esme Esther Eva Fatima Farah Fiona Flora Freya Gina Greta
Hana Hannah Heidi Helen Ida Ines Ingrid Irene Iris Isabel Ivana Jana Jane Jasmine Jia Jin Johanna Julia Kaori Karin
Katya Keiko Kira Kalinda Lale Lara Leila Lena Leonie Lidia Lila Lina Ling Linnea Lola Lucia Lucy Luna Magda Maja Malika
Mara Maria Marta Maya Mei Mila Mina Mira Miriam Molly Nadia Naomi Nell Nia Nina Noor Nora Nuria Odette Olga Olivia
Padma Paloma Petra Pilar Polly Priya Rania Rosa Rosie Ruth Sabine Sadie Safiya Sakura Salma Sana Sara Selma Shanti
Signe Silvia Sofia Sonja Stella Sunita Suri Talia Tamar Tara Tess Thandi Tilda Tova Uma Vera Vida Viola Wanda Wren
Ximena Yael Yara Yasmin Yuki Yuna Zadie Zara Zeynep Zoe Zofia Zora Akosua Adaeze Nomvula Imani Makena Siobhan
""".split())

BOYS = tuple("""
Aaron Abel Adam Ahmed Akira Alan Alberto Aldo Alex Ali Amir Anders Andrei Anton Arash Arjun Arlo Arne Arthur Ben
Bilal Bjorn Bo Boris Bruno Carlos Cem Chen Chidi Chris Cole Cyrus Dan Daniel Dario David Dev Diego Dmitri Edgar Eli
Emil Emre Enzo Erik Ethan Ezra Felix Femi Finn Florian Fran Fritz Gabriel George Goran Gustav Hamid Hans Haruto Hassan
Hector Henrik Henry Hugo Ian Ibrahim Idris Igor Ilya Ivan Jack Jakob Jamal James Jan Jaro Javier Joao Joel Jonas Jose
Juan Jun Kai Kareem Karl Kenji Kofi Kwame Lars Leif Leo Levi Liam Lin Luca Lucas Luis Luka Magnus Malik Marco Marek
Mateo Matteo Max Mehmet Miguel Mikko Milan Milo Mohan Musa Nabil Nico Niels Nikhil Noah Oleg Oliver Olu Omar Oscar
Otto Owen Pablo Paco Paul Pavel Pedro Peter Quinn Rafael Raj Rami Ravi Rene Rico Robin Rohan Ruben Sam Samir Santiago
Sami Sasha Sean Sergei Simon Stefan Sven Tadeo Taro Tariq Theo Thiago Tim Timur Toby Tom Tomas Tuan Umar Viktor
Vikram Walter Wei Xavier Yannis Yusuf Zaid Zane Tendai Sipho Jabari Olufemi Kojo Eamon Cormac
""".split())

PETS = tuple("""
Pip Biscuit Button Pepper Clover Moss Bramble Hazel Nutmeg Pebble Tansy Thistle Waffles Noodle Pickle Marble Whiskers
Snowball Ginger Toffee Cocoa Domino Sprout Acorn Maple Ziggy Buster Rusty Sunny Shadow Misty Patches Socks Mittens
Muffin Pumpkin Peanut Olive Basil Fern Dusty Bubbles Tiger Bandit Comet Rocket Cricket Bean Turnip Fig Tuppy
Fudge Jellybean Lemon Mango Poppy Teddy Twig Willow Rolo Bluebell Sooty Freckles Gizmo Hobnob Inky Jasper Kiwi
""".split())

PET_STARTS = ("Bo", "Mi", "Ti", "Zu", "Pu", "Fi", "Lo", "Ka", "Ne", "Wi", "Do", "Ra", "Su", "Ve", "Gri", "Flu", "Sni",
              "Tru", "Pli", "Jo", "Qui", "Ha", "Mo", "Be", "Chi", "Dri", "Ju", "La", "Nu", "Po")
PET_ENDS = ("bo", "ko", "lo", "mi", "nny", "ppy", "xie", "ddle", "zzy", "mble", "ra", "ti", "ffin", "gsy", "lka", "mo",
            "nda", "rky", "sh", "to", "vi", "wick", "zo", "bbin", "ckle", "dry", "lly", "nko", "pper", "sti")

CHILD_ADULTS = (("{his} mother", "she"), ("{his} father", "he"), ("{his} grandmother", "she"),
                ("{his} grandfather", "he"), ("{his} aunt", "she"), ("{his} uncle", "he"), ("{his} big sister", "she"),
                ("{his} big brother", "he"), ("the old gardener", "he"), ("the baker", "she"), ("{his} teacher", "she"),
                ("the shoemaker", "he"), ("the woman next door", "she"), ("the man next door", "he"))
ANIMAL_ADULTS = (("{his} mother", "she"), ("{his} father", "he"), ("{his} grandmother", "she"),
                 ("{his} grandfather", "he"), ("the old owl", "she"), ("the wise tortoise", "he"),
                 ("the old heron", "he"), ("the grey goose", "she"), ("the big elk", "he"), ("the old crane", "she"))
TRAITS = ("kind", "brave", "curious", "shy", "cheerful", "clever", "quiet", "playful", "gentle", "patient", "careful",
          "friendly", "bold", "busy", "dreamy", "merry", "proud", "polite", "lively", "thoughtful")

FORMS = {"he": ("he", "him", "his", "himself"), "she": ("she", "her", "her", "herself")}


def by_split(words: tuple[str, ...], split: str) -> tuple[str, ...]:
    """The words of one split: every sixth is held out."""
    held = split == "held"
    return tuple(word for index, word in enumerate(words) if (index % 6 == 5) == held)


def first_name(rng: random.Random, split: str, pronoun: str) -> str:
    """A child's first name that goes with `pronoun` ("he" or "she")."""
    return rng.choice(by_split(GIRLS if pronoun == "she" else BOYS, split))


def any_name(rng: random.Random, split: str) -> str:
    """A first name, of a girl or of a boy."""
    return first_name(rng, split, rng.choice(("he", "she")))


def pet_name(rng: random.Random, split: str) -> str:
    """A pet's name: a known one, or one made of two syllables (the endings are split)."""
    if rng.random() < 0.5:
        return rng.choice(by_split(PETS, split))
    return rng.choice(PET_STARTS) + rng.choice(by_split(PET_ENDS, split))
