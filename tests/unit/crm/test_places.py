"""Cities by what people call them and their districts."""

from __future__ import annotations

import pytest

from crm.places import cities, city_in, city_name
from crm.reference.catalogue import read_data
from crm.reference.shops import demo_shops


@pytest.mark.parametrize(
    ("text", "own", "region", "city"),
    [
        ("宁波没信号", "杭州", "zj", "宁波"),
        ("no signal in Ningbo", "杭州", "zj", "宁波"),
        ("天河区", "深圳", "gd", "广州"),
        ("天河那边", "", "", "广州"),
        ("西湖区", "杭州", "zj", "杭州"),
        ("西湖区", "南昌", "jx", "南昌"),
        ("西湖区", "", "jx", "南昌"),
        ("西湖区", "", "", ""),  # two cities have one
        ("深圳中山路", "", "", "深圳"),
        ("taizhou", "", "zj", "台州"),
        ("浙江", "杭州", "zj", ""),
        ("我家", "杭州", "zj", ""),
    ],
)
def test_a_place_is_in_a_city(text: str, own: str, region: str, city: str) -> None:
    assert city_in(text, own, region) == city


def test_a_city_is_called_as_its_reader_calls_it() -> None:
    assert [city_name("杭州", "en"), city_name("杭州", "zh"), city_name("瓦城", "en")] == ["Hangzhou", "杭州", "瓦城"]


def test_the_cities_of_the_demo_are_on_the_list() -> None:
    named = {city for inner in read_data("names.yml")["provinces"].values() for city in inner}
    assert {*named, *(shop.city for shop in demo_shops())} - set(cities()) == set()


def test_every_demo_shop_is_found_by_its_district() -> None:
    found = {shop.id: city_in(shop.district, shop.city, shop.region) for shop in demo_shops()}
    assert found == {shop.id: shop.city for shop in demo_shops()}
