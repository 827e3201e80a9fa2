"""This machine: ports, disk and clock."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import subprocess
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psutil

from xunji.doctor.check import Check
from xunji.settings import Settings

LITTLE_DISK_BYTES, NO_DISK_BYTES = 10 << 30, 1 << 30
SMALL_SKEW_S, LARGE_SKEW_S = 2.0, 60.0
_NTP_LIMIT_S = 5


def check_ports(settings: Settings) -> list[Check]:
    """Each port that we listen on: free, ours already, or somebody else's."""
    wanted = [
        ("gateway", settings.gateway.host, settings.gateway.port),
        ("jt808", settings.gateway.host, settings.gateway.jt808_port),
        ("http", settings.http.host, settings.http.port),
    ]
    if settings.mqtt.enabled and settings.mqtt.url is None:
        wanted.append(("mqtt", settings.gateway.host, settings.mqtt.embedded_port))
    return [
        _port(name, host, port)
        for name, host, port in wanted
        if port  # None: switched off; 0: the system chooses
    ]


def _port(name: str, host: str, port: int) -> Check:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return _taken(name, port) if error.errno == errno.EADDRINUSE else _denied(name, port, error)
    return Check(
        name=f"port_{name}", state="ok", zh=f"{name} 端口 {port} 空闲", en=f"port {port} is free"
    )


def _taken(name: str, port: int) -> Check:
    owner = _owner(port)
    if owner is not None and any(map(_is_xunji, [owner, *owner.parents()])):
        return Check(
            name=f"port_{name}",
            state="ok",
            zh=f"{name} 端口 {port} 正由 xunji 使用（进程 {owner.pid}）",
            en=f"port {port} is in use by xunji (process {owner.pid})",
        )
    who = f"{owner.name()} ({owner.pid})" if owner else "?"
    variable = _VARIABLES[name]
    return Check(
        name=f"port_{name}",
        state="broken",
        zh=f"{name} 端口 {port} 被别的程序占用：{who}",
        en=f"port {port} is taken by another program: {who}",
        mend_zh=f"停掉它，或用 {variable} 换一个端口。",
        mend_en=f"stop it, or choose another port with {variable}.",
    )


_VARIABLES = {
    "gateway": "XUNJI_GATEWAY__PORT",
    "jt808": "XUNJI_GATEWAY__JT808_PORT",
    "http": "XUNJI_HTTP__PORT",
    "mqtt": "XUNJI_MQTT__EMBEDDED_PORT",
}


def _denied(name: str, port: int, error: OSError) -> Check:
    return Check(
        name=f"port_{name}",
        state="broken",
        zh=f"{name} 端口 {port} 不能监听：{error.strerror}",
        en=f"port {port} cannot be listened on: {error.strerror}",
        mend_zh=f"1024 以下的端口需要权限；用 {_VARIABLES[name]} 换端口，或检查监听地址。",
        mend_en=f"ports below 1024 need rights; choose another with {_VARIABLES[name]}, or check "
        "the address.",
    )


def _is_xunji(process: psutil.Process) -> bool:
    """By its command line; the embedded broker is a child of the server's."""
    try:
        return any(Path(argument).name == "xunji" for argument in process.cmdline()[:4])
    except psutil.Error:
        return False


def _owner(port: int) -> psutil.Process | None:
    try:
        owners = (
            connection.pid
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        )
        pid = next(owners, None)
        return psutil.Process(pid) if pid else None
    except psutil.Error:
        return None  # without rights the owner stays unknown


def check_disk(settings: Settings) -> Check:
    """Room and rights where the data folder is or will be."""
    folder = settings.data_dir.expanduser().absolute()
    while not folder.exists():
        folder = folder.parent
    free_bytes = shutil.disk_usage(folder).free
    free = f"{free_bytes / 2**30:.1f} GiB"
    if not os.access(folder, os.W_OK | os.X_OK) or not folder.is_dir():
        return Check(
            name="disk",
            state="broken",
            zh=f"数据目录 {folder} 不可写",
            en=f"the data folder {folder} is not writable",
            mend_zh="改目录属主，或用 XUNJI_DATA_DIR 换一个目录。",
            mend_en="change its owner, or choose another with XUNJI_DATA_DIR.",
        )
    if free_bytes >= LITTLE_DISK_BYTES:
        return Check(name="disk", state="ok", zh=f"磁盘剩余 {free}", en=f"{free} of disk free")
    return Check(
        name="disk",
        state="broken" if free_bytes < NO_DISK_BYTES else "warning",
        zh=f"{folder} 所在磁盘只剩 {free}",
        en=f"only {free} of disk free at {folder}",
        mend_zh="腾出空间、换盘，或缩短 XUNJI_DATABASE__RETENTION_DAYS。",
        mend_en="make room, move the folder, or shorten XUNJI_DATABASE__RETENTION_DAYS.",
    )


def check_clock(settings: Settings, database_skew_s: float | None) -> list[Check]:
    """Our clock against the database's and the network's, and the rules' time zone."""
    checks = [_skew(database_skew_s)] if database_skew_s is not None else []
    return [*checks, _ntp(_synchronised()), _zone(settings.rules.zone)]


def _skew(skew_s: float) -> Check:
    size_s = abs(skew_s)
    mend = size_s >= SMALL_SKEW_S
    return Check(
        name="clock_database",
        state="ok" if not mend else "warning" if size_s < LARGE_SKEW_S else "broken",
        zh=f"数据库时钟与本机相差 {skew_s:+.1f} 秒",
        en=f"the database's clock is {skew_s:+.1f} s from ours",
        mend_zh="两台机器都开启 NTP 对时（timedatectl set-ntp true）。" if mend else "",
        mend_en="let both machines keep time by NTP (timedatectl set-ntp true)." if mend else "",
    )


def _synchronised() -> bool | None:
    """Whether the system keeps time by the network; None: nobody here can say."""
    if Path("/run/systemd/timesync/synchronized").exists():
        return True
    program = shutil.which("timedatectl")
    if program is None:
        return None
    try:
        answer = subprocess.run(  # noqa: S603 a fixed system program
            [program, "show", "-p", "NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            timeout=_NTP_LIMIT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return {"yes": True, "no": False}.get(answer.stdout.strip())


def _ntp(synchronised: bool | None) -> Check:
    words = {
        True: ("本机时钟已由网络校准", "this machine keeps time by the network"),
        False: ("本机时钟没有网络校准", "this machine does not keep time by the network"),
        None: ("看不出本机时钟是否由网络校准", "whether the clock keeps time cannot be seen here"),
    }
    zh, en = words[synchronised]
    mend = synchronised is False
    return Check(
        name="clock_ntp",
        state={True: "ok", False: "warning", None: "note"}[synchronised],  # type: ignore[arg-type]
        zh=zh,
        en=en,
        mend_zh="执行 timedatectl set-ntp true（或安装 chrony）：时钟偏差会把好数据判为越界。"
        if mend
        else "",
        mend_en="run timedatectl set-ntp true (or install chrony): a wrong clock makes good fixes "
        "look out of range."
        if mend
        else "",
    )


def _zone(name: str) -> Check:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return Check(
            name="zone",
            state="broken",
            zh=f"规则时区 {name} 不存在",
            en=f"there is no time zone {name} for the rules",
            mend_zh="XUNJI_RULES__ZONE 写 IANA 名称，如 Asia/Shanghai。",
            mend_en="write an IANA name into XUNJI_RULES__ZONE, such as Asia/Shanghai.",
        )
    return Check(name="zone", state="ok", zh=f"规则时区 {name}", en=f"rules' time zone {name}")
