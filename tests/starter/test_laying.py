"""A starter is laid whole or not at all, and writes over nothing."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from journeys.errors import DefinitionError, InputError
from journeys.starter.laying import lay
from journeys.starter.making import choose_stages, make
from journeys.starter.putting import Putting

FEW = make("b2c", ("need", "research"))
TWO = ("research", "selection")


def contents(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder: files with what they say."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one starter in it."""
    lay(FEW, "first", tmp_path / "definitions")
    return tmp_path / "definitions"


def test_a_folder_is_made_with_all_above_it(tmp_path: Path) -> None:
    laid = lay(FEW, "first", tmp_path / "a" / "b")

    assert sorted(laid.files) == sorted(path for path in (tmp_path / "a" / "b").rglob("*") if path.is_file())


def test_what_is_there_stays_as_it_is(folder: Path) -> None:
    before = contents(folder)

    lay(make("b2b", ("need", "selection")), "second", folder)

    after = contents(folder)
    changed = [name for name, text in before.items() if after[name] != text]
    assert changed == ["brand.yaml"]
    assert "touches/second-kickoff.md" in after


def test_who_needs_nothing_new_leaves_the_brand_alone(folder: Path) -> None:
    before = (folder / "brand.yaml").stat()

    laid = lay(FEW, "second", folder)

    assert (laid.added, (folder / "brand.yaml").stat()) == ((), before)


@pytest.mark.parametrize("there", ["second.population.yaml", "touches/second-guide.md"])
def test_a_file_in_the_way_is_named_and_kept(folder: Path, there: str) -> None:
    (folder / there).write_text("mine\n")
    before = contents(folder)

    with pytest.raises((InputError, DefinitionError)) as refused:
        lay(FEW, "second", folder)

    assert there in str(getattr(refused.value, "problems", refused.value))
    assert contents(folder) == before


def test_all_that_is_in_the_way_is_named_at_once(folder: Path) -> None:
    before = contents(folder)

    with pytest.raises(InputError, match="nothing is written over") as refused:
        lay(FEW, "first", folder)

    assert [name for name, text in before.items() if text is not None and name not in str(refused.value)] == [
        "brand.yaml"
    ]
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "'' cannot be a name"),
        ("7-up", "'7-up' cannot be a name"),
        ("a b", "'a b' cannot be a name"),
        ("../up", "'../up' cannot be a name"),
        ("x.scenarios", "'x.scenarios' cannot be a name"),
        ("touch", "'touch' is taken: what begins with 'touch.' is heard from the engine"),
        ("brand", "'brand' is taken: brand.yaml says who you are"),
        ("README", "files that begin with README are left alone"),
        ("true", "YAML reads it as no text"),
        ("Null", "YAML reads it as no text"),
        ("a" * 81, "is too long: 80 characters at most"),
        ("guide_opened", "'guide_opened' is taken: it is the name of an event"),
        ("first-guide", "'first-guide' is taken: it is the name of a touch"),
        ("regulars", "'regulars' is taken: it is the name of a segment"),
    ],
)
def test_what_cannot_be_a_name_is_refused(folder: Path, name: str, said: str) -> None:
    with (folder / "brand.yaml").open("a") as brand:
        brand.write("segments: {regulars: 'count(\"order_placed\") > 3'}\n")
    before = contents(folder)

    with pytest.raises(InputError) as refused:
        lay(FEW, name, folder)

    assert said in str(refused.value)
    assert contents(folder) == before


@pytest.mark.parametrize("name", ["end", "need", "again", "on", "a" * 80, "A_b-9"])
def test_a_name_may_be_any_other(folder: Path, name: str) -> None:
    lay(FEW, name, folder)

    assert (folder / f"{name}.yaml").exists()


def test_what_is_wrong_already_is_told_first(folder: Path) -> None:
    path = folder / "first.yaml"
    path.write_text(path.read_text().replace("to: research", "to: reserch"))
    before = contents(folder)

    with pytest.raises(DefinitionError) as refused:
        lay(FEW, "second", folder)

    assert {problem.file for problem in refused.value.problems} == {str(path)}
    assert contents(folder) == before


@pytest.mark.parametrize("text", ["brand: [", "events: ~\n", "", "- brand: Leaf\n"])
def test_a_brand_that_cannot_be_read_is_told_first(folder: Path, text: str) -> None:
    (folder / "brand.yaml").write_text(text)
    before = contents(folder)

    with pytest.raises(DefinitionError):
        lay(FEW, "second", folder)

    assert contents(folder) == before


def test_journeys_without_a_brand_are_not_given_one_that_does_not_suit_them(folder: Path) -> None:
    (folder / "brand.yaml").unlink()
    (folder / "first.yaml").write_text((folder / "first.yaml").read_text().replace("guide_opened", "guide_shut"))
    before = contents(folder)

    with pytest.raises(DefinitionError) as refused:
        lay(FEW, "second", folder)

    assert {"unknown-event"} <= {problem.rule for problem in refused.value.problems}
    assert str(folder / "first.yaml") in {problem.file for problem in refused.value.problems}
    assert contents(folder) == before


def test_a_brand_in_which_the_scenarios_would_fail_is_told_why(folder: Path) -> None:
    brand = folder / "brand.yaml"
    brand.write_text(brand.read_text() + "suppress:\n  - {if: 'count(\"guide_opened\") > 0', because: august}\n")
    before = contents(folder)

    with pytest.raises(InputError) as refused:
        lay(FEW, "second", folder)

    assert "'second-guide' was withheld: rule (august)" in str(refused.value)
    assert contents(folder) == before


@pytest.mark.parametrize("made", ["file", "link"])
def test_touches_that_are_no_folder_of_their_own_are_in_the_way(tmp_path: Path, made: str) -> None:
    folder = tmp_path / "definitions"
    folder.mkdir()
    (tmp_path / "elsewhere").mkdir()
    if made == "file":
        (folder / "touches").write_text("mine\n")
    else:
        (folder / "touches").symlink_to(tmp_path / "elsewhere")

    with pytest.raises((InputError, DefinitionError)):
        lay(FEW, "first", folder)

    assert [path.name for path in folder.iterdir()] == ["touches"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


# ---------------------------------------------------------------- on the disk


def test_what_cannot_be_finished_is_taken_away_again(tmp_path: Path) -> None:
    (tmp_path / "kept.yaml").write_text("mine\n")

    with pytest.raises(InputError, match="is a file, and a folder is wanted"), Putting() as putting:
        putting.put(tmp_path / "a" / "b" / "new.yaml", "new\n")
        putting.put(tmp_path / "new.yaml", "new\n")
        putting.put(tmp_path / "kept.yaml" / "new.yaml", "new\n")

    assert contents(tmp_path) == {"kept.yaml": b"mine\n"}


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Putting() as putting:
        putting.put(tmp_path / "a" / "new.yaml", "new\n")
        raise KeyboardInterrupt

    assert contents(tmp_path) == {}


def test_a_file_that_is_there_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "kept.yaml").write_text("mine\n")

    with pytest.raises(InputError, match=r"kept\.yaml cannot be written: file exists"), Putting() as putting:
        putting.put(tmp_path / "kept.yaml", "new\n")

    assert contents(tmp_path) == {"kept.yaml": b"mine\n"}


def test_what_was_changed_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "brand.yaml").write_text("changed\n")

    with pytest.raises(InputError, match="was changed meanwhile"), Putting() as putting:
        putting.put(tmp_path / "new.yaml", "new\n")
        putting.replace(tmp_path / "brand.yaml", "old\n", "new\n")

    assert contents(tmp_path) == {"brand.yaml": b"changed\n"}


def test_a_replaced_file_keeps_its_permissions_and_the_links_to_it(tmp_path: Path) -> None:
    (tmp_path / "brand.yaml").write_text("old\n")
    (tmp_path / "brand.yaml").chmod(0o640)
    (tmp_path / "link.yaml").symlink_to("brand.yaml")

    with Putting() as putting:
        putting.replace(tmp_path / "link.yaml", "old\n", "new\n")

    assert contents(tmp_path) == {"brand.yaml": b"new\n", "link.yaml": b"new\n"}
    assert (tmp_path / "link.yaml").is_symlink()
    assert stat.S_IMODE((tmp_path / "brand.yaml").stat().st_mode) == 0o640


# ---------------------------------------------------------------- which stages


@pytest.mark.parametrize("given", ["selection,research", " research  selection", "research,selection,research,"])
def test_stages_stand_in_the_order_of_the_lifecycle(given: str) -> None:
    assert choose_stages(given, "b2c") == TWO


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("need,reserch", "there is no stage 'reserch': did you mean 'research'?"),
        ("Need", "there is no stage 'Need': did you mean 'need'?"),
        ("purchase", "known: 'need', 'research'"),
        (" , ", "--stages names no stage; there are: need, research"),
        ("", "--stages names no stage"),
    ],
)
def test_what_is_no_stage_is_refused(given: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        choose_stages(given, "b2c")

    assert said in str(refused.value)
