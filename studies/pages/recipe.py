"""A recipe: the data that jest-data prepares, and the options of one task of jest-train.

For the index of the evidence it may name `shown`, one of its arms, and what its page `says`. What
[tune] means stands in tuning.py, and such a recipe says what is `useless` in its pool; `minutes` is
about how long all of it takes on two cores. `start = "RECIPE/RUN"` lets every arm start from the model
that a run of another recipe left, `start = "tokens-code/uniform-seed1"`.
"""

import json
import re
import sys
import tomllib

PAGES = ("arms", "interaction", "tuned")  # a recipe's `page`: tuned with [tune], else the first
EXTENSIONS = {"pairs": "tsv", "text": "safetensors", "images": "safetensors",
              "labels": "safetensors", "tokens": "bin"}
FOLDERS = ("tokens",)  # tasks whose curated and pool are folders, a file a tag
START = re.compile(r"([\w.-]+)/([^/\s]+)")


def listed(names):
    return ", ".join(names) or "none"


def read_recipe(path):
    """The recipe with its "task" and that task's "options" by themselves."""
    def refuse(expected, found):
        sys.exit(f"read {path}: expected {expected}, got {found}")

    try:
        recipe = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        refuse("UTF-8", error)
    except tomllib.TOMLDecodeError as error:
        refuse("TOML", error)
    data = recipe.get("data", {})
    tables = [name for name, value in recipe.items()
              if isinstance(value, dict) and name not in ("data", "tune")]
    if "title" not in recipe:
        refuse("a title", "none")
    if not isinstance(data, dict):
        refuse("a table [data]", repr(data))
    if len(data) != 1:
        refuse("one entry in [data]", listed(data))
    (command, options), = data.items()
    if not isinstance(options, dict):
        refuse(f"a table at data.{command}", repr(options))
    if len(tables) != 1 or tables[0] not in EXTENSIONS:
        refuse("one of " + ", ".join(f"[{task}]" for task in EXTENSIONS),
               listed([f"[{name}]" for name in tables]))
    page = recipe.get("page", "tuned" if "tune" in recipe else PAGES[0])
    if page not in PAGES:
        refuse("page = one of " + listed(PAGES), repr(page))
    if (page == "tuned") != ("tune" in recipe):
        refuse("page = tuned with [tune], and with it alone", repr(page))
    options = recipe[tables[0]]
    if "shown" in recipe and recipe["shown"] not in options.get("arms", []):
        refuse("shown = one of the arms", repr(recipe["shown"]))
    if "tune" in recipe:
        check_tuning(recipe["tune"], options, refuse)
        if not isinstance(recipe.get("useless"), str):
            refuse("useless = what most of the pool is", repr(recipe.get("useless")))
    if not isinstance(recipe.get("minutes", 1), (int, float)):
        refuse("minutes = a number", repr(recipe["minutes"]))
    if "start" in recipe:
        check_start(recipe["start"], options, refuse)
    if not isinstance(recipe.get("says", ""), str):
        refuse("says = a sentence", repr(recipe["says"]))
    return recipe | {"task": tables[0], "options": options, "page": page}


def check_tuning(tune, options, refuse):
    wanted = ("learning-rate", "seed", "validation-share")
    if not isinstance(tune, dict) or sorted(tune) != sorted(wanted):
        refuse("[tune] with " + listed(wanted), repr(tune))
    rates = tune["learning-rate"]
    if not isinstance(rates, list) or not rates or not all(isinstance(rate, float) for rate in rates):
        refuse("tune.learning-rate = numbers", repr(rates))
    if tune["seed"] in options.get("seeds", [1]):
        refuse("a seed for choices that no figure is of", tune["seed"])
    if "uniform" not in options.get("arms", []):
        refuse("an arm uniform", listed(options.get("arms", [])))
    for name in ("learning-rate", "validation-share"):
        if name in options:
            refuse(f"{name} in [tune] alone", repr(options[name]))


def check_start(start, options, refuse):
    if not isinstance(start, str) or not START.fullmatch(start):
        refuse('start = "RECIPE/RUN"', repr(start))
    if "init" in options:
        refuse("start or init", "both")


def start_words(recipe, runs):
    """--init with the model that a run below the folder `runs` left, where the recipe has a start."""
    if "start" not in recipe:
        return []
    model = runs / recipe["start"] / "model.safetensors"
    if not model.exists():
        sys.exit(f"study: expected the model of {recipe['start']}, to start from, got none: run first "
                 f"studies/study {recipe['start'].split('/')[0]}")
    return ["--init", str(model)]


def with_target(recipe, target):
    """The same recipe with another target: in its data, and in the arms that only draw from it."""
    (command, data), = recipe["data"].items()
    if "target" not in data:
        sys.exit(f"study --target: expected a recipe whose data have a target, got {command}")
    if data["target"] == target:
        sys.exit(f"study --target: expected another than the recipe's own, got {target}")
    before, after = f"oracle:{data['target']}", f"oracle:{target}"

    def renamed(arm):
        return after + arm[len(before):] if arm.split(":")[:2] == before.split(":") else arm

    arms = [renamed(arm) for arm in recipe["options"].get("arms", [])]
    changed = recipe | {"title": f"{recipe['title']}: the same recipe for {target}",
                        "data": {command: data | {"target": target}},
                        "options": recipe["options"] | ({"arms": arms} if arms else {})}
    if "shown" in recipe:
        changed["shown"] = renamed(recipe["shown"])
    for of_its_own_target in ("remark", "says"):
        changed.pop(of_its_own_target, None)
    return changed


def words(options):
    """TOML values as command-line options, as jest-train --config takes them."""
    for name, value in options.items():
        if isinstance(value, list):
            yield from (f"--{name}", ",".join(map(str, value)))
        elif value is True:
            yield f"--{name}"
        elif value is not False:
            yield from (f"--{name}", str(value))


def data_command(recipe):
    """The words after jest-data, and the name of the folder for what it prepares."""
    (command, options), = recipe["data"].items()
    return [command, *words(options)], "-".join([command, *map(str, options.values())])


def table_words(task, folder):
    """The options of jest-train that name the tables of a prepared folder."""
    extension = EXTENSIONS[task]
    evaluation = sorted(folder.glob(f"eval*.{extension}"))
    if not evaluation:
        sys.exit(f"read {folder}: expected tables eval*.{extension}, got none")
    ending = "" if task in FOLDERS else f".{extension}"
    return ["--curated", f"{folder / 'curated'}{ending}", "--pool", f"{folder / 'pool'}{ending}",
            "--eval", *map(str, evaluation), *(token_words(folder) if task == "tokens" else [])]


def token_words(folder):
    """What the tokens are, as `jest-data token-texts` left it."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return ["--tokenizer", str(folder / "tokenizer.json"), "--document-end",
            str(manifest["document_end"])]
