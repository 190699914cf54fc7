import io

from PIL import Image

from bvtk.pages.drawing import DOTS, SERIES, colours, label, new_figure, plain, png


def test_a_figure_is_a_picture_of_its_size_and_always_the_same():
    def drawn():
        figure = new_figure(3.0, 2.0)
        label(figure.add_subplot(), "$x_{", "nats")
        return png(figure)

    assert Image.open(io.BytesIO(drawn())).size == (3 * DOTS, 2 * DOTS)
    assert drawn() == drawn()


def test_colours_come_again_where_there_are_many():
    assert colours(8) == [*SERIES, *SERIES[:2]]


def test_text_is_no_formula_and_fits():
    assert plain("a_b\n$c$") == r"a b \$c\$"
    assert plain("x" * 30) == "x" * 23 + "…"
    assert plain("x" * 30, 30) == "x" * 30
