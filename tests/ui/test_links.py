"""Links between pages: the lessons that they name are those that there are."""

from ui import links
from ui.learn.table import LESSONS


def test_the_lessons_of_the_links_are_those_of_the_table_in_their_order() -> None:
    assert tuple(LESSONS) == links.LESSONS
    assert [links.lesson_number(name) for name in links.LESSONS] == [lesson.number for lesson in LESSONS.values()]


def test_every_page_of_a_link_exists() -> None:
    for link in (
        links.segment("everyday"), links.lesson("why"), links.lessons(), links.capstone(), links.train("demo"),
        links.train_like("a-run", {"epochs": 3}), links.run("a-run"), links.compare(["a", "b"]),
        links.data_doctor("shapes"), links.evaluate_run("a-run", "shapes"),
    ):  # fmt: skip
        assert link.path.is_file()


def test_the_changes_of_a_link_are_json() -> None:
    assert links.train_like("a-run", {"loss": "dice"}).query == {"like": "a-run", "change": '{"loss": "dice"}'}
    assert links.train_like("a-run").query == {"like": "a-run"}
