"""Every command explains itself, quickly, in both languages."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_run import environment, own_process

from riskwatch.cli.application import build, language_first
from riskwatch.cli.localise import localise
from riskwatch.cli.texts import Texts, _read

ROOT = Path(__file__).parents[3]
COMMANDS = [
    *(["init"], ["demo"], ["replay"], ["simulate"], ["run"], ["serve"], ["check"], ["doctor"], ["deliver"]),
    *(["route"], ["route", "test"], ["route", "show"]),
    *(["handover"], ["suppress"], ["lift"], ["drill"]),
    *(["training-set"], ["training-set", "export"]),
    *(["quarantine"], ["quarantine", "retake"], ["retention"], ["alerts"]),
    *(["bench"], ["bench", "nab"]),
    *(["alerts", name] for name in ("list", "show", "explain", "ack", "close")),
    *(["alerts", name] for name in ("hand-out", "handle", "report", "hand", "shelve", "unshelve")),
    *(["alerts", name] for name in ("note", "draft", "approve", "reject", "open")),
    *(["drill", name] for name in ("start", "inject", "end", "test")),
    ["outbox"],
    *(["outbox", name] for name in ("list", "show", "retry", "enable")),
    *(["train"], ["models"]),
    *(["models", name] for name in ("list", "show", "judge", "promote", "rollback")),
    *(["audit"], *(["audit", name] for name in ("fairness", "sample", "register"))),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_command_has_an_example_in_its_help(words, lang, riskwatch):
    """The example is a command that can be typed."""
    result = riskwatch(*words, "--help", "--lang", lang)
    assert result.code == 0
    example = {"en": "Example:", "zh": "例："}[lang]
    told = " ".join(result.out.split())
    assert example in told
    assert f"riskwatch {' '.join(words)}" in told.partition(example)[2]


def test_the_commands_are_these(riskwatch):
    """A command that is added here is added to the README too."""
    import typer

    command = typer.main.get_command(build())
    listed = [[name] for name in command.commands]
    listed += [
        [name, part] for name, group in command.commands.items() for part in getattr(group, "commands", {})
    ]
    assert sorted(listed) == sorted(COMMANDS)


def test_the_readme_names_every_command():
    """In its table: a group with each of its commands, in one row or several."""
    rows = [
        re.findall(r"[a-z][a-z-]*", " ".join(re.findall(r"`([^`]*)`", line.split("|")[1])))
        for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| `riskwatch ")
    ]
    named = {(words[1], word) for words in rows for word in words[1:]}
    groups = {words[0] for words in COMMANDS if len(words) == 2}
    leaves = [words for words in COMMANDS if len(words) == 2 or words[0] not in groups]
    assert [words for words in leaves if not _named(words, named)] == []


def _named(words: list[str], named: set[tuple[str, str]]) -> bool:
    return (words[0], words[-1]) in named or any((first, words[0]) in named for first, _ in named)


def test_every_sentence_of_the_command_line_is_in_both_languages():
    """English and Chinese have the same keys under cli."""
    keys = {lang: {k for k in _read(lang) if k.startswith("cli.")} for lang in ("en", "zh")}
    assert keys["en"] == keys["zh"]


def test_no_help_is_left_as_a_key():
    """Localising finds a text for every option of every command."""
    import typer

    command = typer.main.get_command(build())
    localise(command, Texts("en").say)
    options = [p.help for c in _walk(command) for p in c.params if getattr(p, "help", None)]
    assert options
    assert [text for text in options if "_" in text and " " not in text] == []


def _walk(command):
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from _walk(below)


def test_help_imports_nothing_heavy():
    """What takes long is imported by the command that needs it."""
    code = (
        "import sys\nfrom riskwatch.cli import main\n"
        "try:\n    main(['replay', '--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'sqlalchemy', 'sklearn', 'scipy', 'fastapi', 'river'}\n"
        "sys.stderr.write(','.join(sorted(heavy & set(sys.modules))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment()
    )
    assert done.stderr == ""
    assert "Usage: riskwatch replay" in done.stdout


def test_the_version_is_told(riskwatch):
    """One line, for a bug report."""
    from riskwatch import __version__

    assert riskwatch("--version").out == f"riskwatch {__version__}\n"


def test_python_m_riskwatch_is_riskwatch(tmp_path):
    """The module can be run where the script is not on the path."""
    assert own_process("--version", cwd=tmp_path).stdout.startswith("riskwatch ")


def test_no_words_at_all_show_the_help(riskwatch):
    """A person who types only the name learns what there is."""
    result = riskwatch()
    assert "Usage: riskwatch" in result.out + result.err


@pytest.mark.parametrize(
    ("words", "environ", "expected"),
    [
        (["check"], {}, ("en", ["check"])),
        (["check"], {"RISKWATCH_LANG": "zh"}, ("zh", ["check"])),
        (["check", "--lang=zh"], {"RISKWATCH_LANG": "en"}, ("zh", ["--lang=zh", "check"])),
        (["check", "--lang", "fr"], {}, ("en", ["--lang", "fr", "check"])),
        (["check", "--", "--lang", "zh"], {}, ("en", ["check", "--", "--lang", "zh"])),
    ],
)
def test_the_language_is_found_wherever_it_stands(words, environ, expected):
    """`--lang` may follow the command; behind `--` it is an argument like others."""
    assert language_first(words, environ) == expected


def test_an_unknown_language_is_a_mistake(riskwatch):
    """Two languages are known."""
    result = riskwatch("doctor", "--lang", "fr")
    assert result.code == 2
    assert "'fr'" in result.err
