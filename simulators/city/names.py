"""Invented names, Chinese and English, and the streams of chance they are drawn with."""

from __future__ import annotations

import random

ROADS = (
    ("望澜", "Wanglan"), ("青禾", "Qinghe"), ("松影", "Songying"), ("云栖", "Yunqi"),
    ("听雨", "Tingyu"), ("锦瑟", "Jinse"), ("白鹭", "Bailu"), ("长汀", "Changting"),
    ("明砂", "Mingsha"), ("棠梨", "Tangli"), ("晴川", "Qingchuan"), ("鹿鸣", "Luming"),
    ("澄江", "Chengjiang"), ("雁栖", "Yanqi"), ("兰陵", "Lanling"), ("枫桥", "Fengqiao"),
    ("采薇", "Caiwei"), ("霁月", "Jiyue"), ("桐庐", "Tonglu"), ("星野", "Xingye"),
    ("溪午", "Xiwu"), ("流霞", "Liuxia"), ("石榴", "Shiliu"), ("竹里", "Zhuli"),
    ("碧梧", "Biwu"), ("临风", "Linfeng"), ("朝露", "Zhaolu"), ("南浦", "Nanpu"),
    ("柳岸", "Liu'an"), ("秋水", "Qiushui"), ("知春", "Zhichun"), ("麦田", "Maitian"),
    ("银杏", "Yinxing"), ("清和", "Qinghe East"), ("远山", "Yuanshan"), ("画桥", "Huaqiao"),
)  # fmt: skip
RIVER = ("澄澜河", "Chenglan River")
DISTRICT = ("澜山区", "Lanshan District")
ENFORCEMENT_DISTRICTS = (
    ("QS", "城南执法片区", "South enforcement district"),
    ("QN", "城北执法片区", "North enforcement district"),
)
PARKS = (
    ("听荷公园", "Tinghe Park"), ("百草园", "Baicao Garden"), ("望山公园", "Wangshan Park"),
    ("临澜湿地", "Linlan Wetland"), ("少年公园", "Youth Park"),
)  # fmt: skip
SITES = (
    ("云栖府项目", "Yunqi Residence Site"), ("澜山医院二期", "Lanshan Hospital Phase II"),
    ("轨道三号线竖井", "Metro Line 3 Shaft"), ("松影科技园", "Songying Tech Park Site"),
    ("长汀小学迁建", "Changting School Site"), ("晴川综合体", "Qingchuan Complex Site"),
)  # fmt: skip
STRUCTURE_SITE = ("明砂花园项目", "Mingsha Garden Site")
DUMPS = (("北山消纳场", "Beishan Dump"), ("东坪消纳场", "Dongping Dump"))
PLANT = ("明砂搅拌站", "Mingsha Mixing Plant")
DEPOT = ("环卫停车场", "Sanitation Depot")
QUARTER = ("学府路禁行区", "School Quarter")
CONTRACT_AREAS = (
    ("环卫一标段（西）", "Sanitation lot 1 (west)"),
    ("环卫二标段（东）", "Sanitation lot 2 (east)"),
)
COLLECTION = "收运点位", "Collection points"
CHECK_INS = "签到点", "Check-in points"
LOOP = "收运路线", "Collection route"
CENTRE = ("中心城区禁行区", "Centre No-go Zone")


def stream(seed: int, *names: object) -> random.Random:
    """An independent stream of chance: the same for the same seed and names, everywhere.

    A string seed goes through SHA-512, so neither hash order nor the process matters.
    """
    return random.Random(":".join(map(str, (seed, *names))))
