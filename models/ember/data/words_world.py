"""Animals, objects, places, weather and small knowledge of made texts; plain lists that both splits share."""

ANIMALS = ("fox", "rabbit", "bear", "mouse", "hedgehog", "squirrel", "badger", "otter", "deer", "duck", "frog",
           "turtle",
           "cat", "dog", "goat", "pig", "hen", "beaver", "mole", "wolf", "raccoon", "panda", "monkey", "elephant",
           "tiger", "lion", "koala", "penguin", "kangaroo", "camel", "zebra", "pony", "donkey", "lizard", "crow",
           "robin", "sparrow", "bat", "hamster", "ferret", "seal", "sheep", "swan", "weasel", "chipmunk", "toad")
COLOURS = ("red", "blue", "green", "yellow", "orange", "purple", "pink", "white", "black", "brown", "grey", "golden",
           "silver")
LOOKS = ("small", "big", "old", "new", "shiny", "pretty", "little", "bright")

TOYS = ("kite", "ball", "drum", "doll", "whistle", "toy train", "toy robot", "marble", "teddy bear", "puppet",
        "toy car",
        "hoop", "toy boat", "flute", "balloon", "toy horse", "spinning top", "toy truck")
THINGS = TOYS + ("key", "hat", "scarf", "ring", "basket", "bell", "book", "button", "map", "coin", "umbrella", "spoon",
                 "mirror", "box", "bag", "pencil", "ribbon", "shell", "lantern", "feather", "brush", "blanket",
                 "necklace", "cap", "notebook", "bucket", "compass", "badge")
BREAKABLE = ("cup", "vase", "bowl", "lamp", "clock", "jar", "plate", "teapot", "mirror", "jug", "glass", "flower pot")
MENDABLE = (("wagon", "wheel"), ("kite", "tail"), ("clock", "spring"), ("toy boat", "mast"), ("drum", "strap"),
            ("bike", "pedal"), ("lantern", "handle"), ("chair", "leg"), ("basket", "handle"), ("umbrella", "handle"),
            ("sled", "rope"), ("music box", "lid"), ("toy train", "wheel"), ("rake", "handle"),
            ("wheelbarrow", "wheel"),
            ("toy robot", "arm"))
MENDERS = ("some glue", "a nail and a hammer", "strong string", "a bit of tape", "a piece of wire", "a small screw",
           "a thick thread", "a strip of leather")
GIFTS = (("paper star", "paper and glue"), ("flower crown", "daisies and grass"), ("wooden boat", "a piece of wood"),
         ("painted stone", "a flat stone and some paint"), ("scarf", "soft wool"),
         ("birthday card", "paper and crayons"),
         ("honey cake", "flour and honey"), ("necklace", "beads and string"), ("small basket", "thin twigs"),
         ("paper lantern", "paper and a thin wire"), ("toy bird", "a pine cone and some feathers"),
         ("cushion", "cloth and straw"), ("picture frame", "four straight sticks"), ("apple pie", "apples and flour"))
FOODS = (("apple", "apples"), ("pear", "pears"), ("plum", "plums"), ("cookie", "cookies"), ("bun", "buns"),
         ("muffin", "muffins"), ("pancake", "pancakes"), ("peach", "peaches"), ("carrot", "carrots"),
         ("sandwich", "sandwiches"), ("nut", "nuts"), ("berry", "berries"), ("cherry", "cherries"), ("fig", "figs"),
         ("dumpling", "dumplings"), ("biscuit", "biscuits"), ("orange", "oranges"), ("banana", "bananas"),
         ("date", "dates"), ("waffle", "waffles"))
DISHES = ("soup", "bean soup", "pumpkin soup", "onion soup", "rice pudding", "porridge", "noodle soup",
          "vegetable stew",
          "lentil stew", "tomato soup", "apple porridge", "leek soup")
SEEDS = (("sunflower", "a tall sunflower"), ("pumpkin", "a round pumpkin"), ("bean", "a long row of beans"),
         ("tomato", "a bush of tomatoes"), ("rose", "a red rose"), ("carrot", "a bed of sweet carrots"),
         ("strawberry", "a patch of strawberries"), ("pea", "a bush of green peas"), ("melon", "a sweet melon"),
         ("poppy", "a bright poppy"), ("corn", "a tall stalk of corn"), ("tulip", "a yellow tulip"))
SKILLS = (("swim", "swimming"), ("whistle", "whistling"), ("skate", "skating"), ("dance", "dancing"),
          ("juggle", "juggling"), ("paint", "painting"), ("sew", "sewing"), ("row a boat", "rowing"),
          ("play the flute", "playing the flute"), ("bake bread", "baking bread"), ("jump rope", "jumping rope"),
          ("ride a bike", "riding a bike"), ("do a handstand", "doing a handstand"), ("tie a knot", "tying a knot"),
          ("play the drum", "playing the drum"), ("fly a kite", "flying a kite"), ("ski", "skiing"),
          ("sing", "singing"))
SMALL = ("kitten", "puppy", "duckling", "lamb", "chick", "bunny", "frog", "gosling", "turtle", "lizard", "mouse",
         "hedgehog")
COATS = ("grey", "brown", "white", "black", "spotted", "tiny", "golden", "striped", "thin", "fluffy")
TRAPS = (("stuck in a thorny bush", "pulled the thorns aside, one by one"),
         ("caught in an old net", "untied the knots of the net"),
         ("at the bottom of a hole", "put a long branch down into the hole"),
         ("stuck between two rocks", "pushed one rock away with a stick"),
         ("caught under a fallen branch", "lifted the branch as high as possible"),
         ("on a leaf in the middle of a puddle", "laid a plank across the puddle"),
         ("in a bucket that was too deep", "tipped the bucket gently to one side"),
         ("tangled in some string", "took the string off with great care"))
NOISES = (("a soft tapping", "a branch that tapped on the window"),
          ("a scratching sound", "a mouse that wanted to come in"),
          ("a low hum", "a beetle that sat in the lamp"), ("a quiet knocking", "a loose shutter in the wind"),
          ("a strange rattle", "a spoon that rolled in a tin"), ("a long whistle", "the wind in the chimney"),
          ("a tiny squeak", "a kitten that was lost and cold"), ("a slow drip", "the rain that fell into a bucket"))
HIDES = ("under a bush", "behind a big stone", "in the tall grass", "inside a hollow log", "next to a fence",
         "under a pile of leaves", "behind an old tree", "between two roots", "beside the path", "under a wooden bench",
         "on a low branch", "in a patch of clover", "near the water", "behind a bucket", "under a cart")
SHELTERS = ("a hollow tree", "an old shed", "a small cave", "a wooden hut", "an empty barn", "a tent of branches",
            "a dry cellar", "a hole under a rock", "an old mill", "a little tower")
CLOTHS = ("scarf", "apron", "shirt", "cape", "shawl", "cloak", "jacket", "kerchief", "poncho", "headscarf")
WATERS = ("the lake", "the pond", "the bay", "the big lake", "the wide river")
TREES = ("oak", "apple", "pine", "birch", "willow", "cherry", "chestnut", "maple", "lemon", "pear")
MOONS = ("silver", "golden", "white", "bright", "yellow", "shiny")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
UNDERS = ("a pile of paper", "the big pillow", "an old coat", "a heap of socks", "the green blanket", "a thick book",
          "the rug", "three old hats", "a broken chair", "a bag of wool")
HOBBIES = ("drawing", "singing", "climbing hills", "counting clouds", "collecting shells", "baking", "telling jokes",
           "looking at the stars", "building towers", "picking flowers", "playing chess", "jumping in puddles",
           "listening to stories", "watching birds", "painting stones", "making soup", "skipping", "solving riddles")

CHILD_PLACES = ("to the park", "to the beach", "to the market", "to the playground", "to the river", "to the lake",
                "to the school garden", "to the old bridge", "to the village green", "to the hill", "to the harbour")
ANIMAL_PLACES = ("to the meadow", "to the river", "to the pond", "to the old oak", "to the hill", "to the big rock",
                 "to the field", "to the waterfall", "to the edge of the woods", "to the sandy bank")
CHILD_HOMES = ("in a small town by the sea", "in a blue house on a hill", "in a flat above the bakery",
               "in a village near the woods",
               "on a quiet street in the city", "on a farm with many hens", "in a little house by the river",
               "in a white cottage near the lake", "in a tall house with a red roof", "in a village in the mountains")
ANIMAL_HOMES = ("in a cosy den under an oak", "in a warm hole near the pond", "in a nest of leaves in the woods",
                "in a little cave in the hills", "in a hollow tree by the river", "in a burrow under the meadow",
                "in a quiet forest", "in a green valley", "in a snug home behind the waterfall", "in a big garden")
WEATHER = {
    "sunny": ("The sun shone and the air was warm.", "The sky was blue from end to end.",
              "The sun was so bright that the path seemed to glow."),
    "windy": ("The wind shook the trees.", "A strong wind pushed the clouds along.", "The leaves danced in the wind."),
    "cloudy": ("Grey clouds hung over the hills.", "The sky was grey, but it was dry.",
               "The clouds looked like sheep."),
    "cool": ("The air was fresh and clear.", "There was dew on the grass.", "It was a good day for a walk."),
    "misty": ("A thin mist lay over the fields.", "The mist made everything look soft.", "The hills hid in the mist."),
    "warm": ("Bees hummed in the flowers.", "The grass was soft and dry.", "The air smelled of flowers."),
    "rainy": ("The rain fell on the roofs and the roads.", "There were puddles everywhere.",
              "Big drops fell from the sky."),
    "snowy": ("The snow lay deep on the ground.", "Everything was white and still.",
              "Snowflakes fell without a sound."),
}
FAIR = ("sunny", "windy", "cloudy", "cool", "misty", "warm")
NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

CITIES = ("Lisbon", "Oslo", "Nairobi", "Lima", "Kyoto", "Hanoi", "Cairo", "Quito", "Dublin", "Prague", "Tunis", "Accra",
          "Madrid", "Turin", "Lyon", "Porto", "Bergen", "Gdansk", "Riga", "Tallinn", "Vienna", "Zagreb", "Athens",
          "Izmir", "Beirut", "Amman", "Mumbai", "Delhi", "Pune", "Dhaka", "Manila", "Osaka", "Seoul", "Taipei", "Perth",
          "Sydney", "Toronto", "Montreal", "Boston", "Denver", "Austin", "Bogota", "Havana", "Santiago", "Dakar",
          "Lagos", "Kigali", "Durban", "Leeds", "Bristol", "Cardiff", "Ghent", "Malmo", "Bonn", "Basel", "Milan")
MEALS = ("pizza", "rice", "noodles", "pancakes", "soup", "salad", "bread", "curry", "tacos", "dumplings", "pasta",
         "sushi", "beans", "cheese", "waffles", "stew", "couscous", "lentils", "omelette", "falafel", "apple pie")
SPORTS = ("football", "tennis", "chess", "swimming", "running", "cycling", "basketball", "skating", "climbing", "judo",
          "rowing", "dancing", "hiking", "volleyball", "badminton", "yoga")
PET_KINDS = ("cat", "dog", "rabbit", "hamster", "parrot", "goldfish", "turtle", "pony", "lizard", "guinea pig",
             "canary")
WEEKEND = (("went", "hiking"), ("went", "swimming"), ("went", "fishing"), ("baked", "a cake"), ("painted", "a fence"),
           ("visited", "my aunt"), ("visited", "a museum"), ("cleaned", "the house"), ("read", "a book"),
           ("planted", "tomatoes"), ("repaired", "my bike"), ("watched", "a film"), ("played", "chess"),
           ("cooked", "a stew"), ("went", "camping"), ("built", "a shelf"), ("went", "dancing"), ("sewed", "a bag"))
OPPOSITES = (("hot", "cold"), ("big", "small"), ("up", "down"), ("fast", "slow"), ("day", "night"), ("open", "closed"),
             ("happy", "sad"), ("old", "young"), ("wet", "dry"), ("full", "empty"), ("light", "dark"),
             ("long", "short"),
             ("high", "low"), ("early", "late"), ("loud", "quiet"), ("soft", "hard"), ("near", "far"), ("in", "out"),
             ("left", "right"), ("first", "last"), ("clean", "dirty"), ("strong", "weak"), ("thick", "thin"),
             ("yes", "no"), ("rich", "poor"), ("easy", "difficult"), ("begin", "end"), ("win", "lose"))
