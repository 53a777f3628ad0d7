"""Compiled conditions stay small, whatever their segments are made of."""

from __future__ import annotations

import shutil
from pathlib import Path

from journeys.core.compiling import compile_program
from journeys.core.intake import new_customer
from journeys.definition.load import read_folder
from tests.streams import STARTS

SHIPPED = Path(__file__).parents[2] / "definitions"


def test_a_chain_of_segments_does_not_double_at_each_link(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "d")
    links = "".join(f"""  a{i}: 'in_segment("a{i - 1}") or not in_segment("a{i - 1}")'\n""" for i in range(1, 60))
    brand = tmp_path / "d" / "brand.yaml"
    chained = brand.read_text().replace("segments:\n", f"segments:\n  a0: 'customer.open_tickets > 0'\n{links}")
    brand.write_text(chained.replace("""  vip: '""", """  vip: 'in_segment("a59") and """))

    definitions = read_folder(tmp_path / "d").definitions
    assert definitions is not None
    program = compile_program(definitions, salt="x")

    customer = new_customer(program, "c", {}, at=STARTS[0])
    assert program.names.segment_tests["a59"].reads(customer, None, None, STARTS[0]) is True


def test_a_segment_that_asks_itself_finds_nothing(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "d")
    brand = tmp_path / "d" / "brand.yaml"
    brand.write_text(brand.read_text().replace("""  vip: '""", """  vip: 'in_segment("vip") and """))

    definitions = read_folder(tmp_path / "d").definitions
    assert definitions is not None
    program = compile_program(definitions, salt="x")

    customer = new_customer(program, "c", {}, at=STARTS[0])
    assert program.names.segment_tests["vip"].reads(customer, None, None, STARTS[0]) is False
