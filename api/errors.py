"""Every refusal of the API: code, HTTP status and the words in Chinese and English."""

from __future__ import annotations

from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from storage.problems import AWAY

# code: (status, zh, en)
PROBLEMS: dict[str, tuple[int, str, str]] = {
    "not_logged_in": (401, "请先登录。", "Log in first."),
    "token_expired": (401, "登录已过期，请重新登录。", "Your log-in has expired; log in again."),
    "wrong_password": (401, "用户名或密码不正确。", "The user name or the password is wrong."),
    "too_many_logins": (
        429,
        "登录尝试过多，请稍后再试。",
        "Too many attempts to log in; try again later.",
    ),
    "forbidden": (403, "您的角色无权执行此操作。", "Your role may not do this."),
    "not_found": (404, "未找到，或不在您的权限范围内。", "Not found, or outside what you may see."),
    "no_such_path": (404, "没有这个接口。", "The API has no such path."),
    "method_not_allowed": (405, "此接口不支持该方法。", "This path does not know that method."),
    "invalid_request": (
        422,
        "请求内容不正确，请查看 detail 中指出的字段。",
        "The request is not right; see the fields named in detail.",
    ),
    "pattern_in_use": (
        409,
        "该班次已排班，不能删除；请改为修改班次或结束排班。",
        "Rosters use this pattern: change it, or end the rosters instead.",
    ),
    "shift_of_roster": (
        409,
        "该班次由排班生成，请登记请假或换班。",
        "A roster makes this shift: enter a leave or a swap instead.",
    ),
    "no_such_shift": (
        409,
        "该人员在此时没有开始的班次。",
        "This person has no shift that starts then.",
    ),
    "substitute_on_duty": (
        409,
        "替班人员此时已有班次；如为互换，请填写对方班次。",
        "The substitute works then; to exchange shifts name the other one, too.",
    ),
    "no_handset": (
        403,
        "此账号没有关联巡查员的终端，请管理员用 xunji user add --handset 关联。",
        "This account belongs to no inspector's handset; it is tied to one by"
        " xunji user add --handset.",
    ),
    "note_taken": (409, "已有人接班。", "Somebody has already taken over."),
    "violation_taken": (
        409,
        "该违规已由 {holder} 受理。",
        "{holder} has already taken this violation.",
    ),
    "violation_not_taken": (
        409,
        "请先受理该违规，再结案。",
        "Take the violation before you close it.",
    ),
    "violation_closed": (409, "该违规已结案。", "This violation is already closed."),
    "violation_withdrawn": (
        409,
        "该违规已被系统撤回（补传数据推翻了判定）。",
        "The engine has withdrawn this violation: late data showed that it was none.",
    ),
    "violation_shadow": (
        409,
        "该违规由试运行规则产生，只供比较，不能处理。",
        "A rule on trial found this: it is there to compare, not to act on.",
    ),
    "evidence_not_frozen": (
        409,
        "该违规尚未结案，证据还没有封存。",
        "This violation is not closed yet: its evidence is not frozen.",
    ),
    "device_exists": (
        409,
        "该协议下已有相同标识的终端。",
        "A terminal of this protocol and identity is registered already.",
    ),
    "text_too_long": (
        422,
        "文本过长：GBK 编码后最多 {limit} 字节。",
        "The text is too long: at most {limit} bytes in GBK.",
    ),
    "text_not_gbk": (
        422,
        "文本含有终端无法显示的字符（GBK 之外）：{characters}",
        "The text has characters that terminals cannot show (not in GBK): {characters}",
    ),
    "command_impossible": (
        422,
        "该终端无法执行此命令：{why}",
        "This terminal cannot take the command: {why}",
    ),
    "webhook_address_refused": (
        422,
        "不允许该推送地址：{why}",
        "This webhook address is refused: {why}",
    ),
    "too_many_webhooks": (
        409,
        "推送地址已达上限 {limit} 个。",
        "There are {limit} webhooks already.",
    ),
    "fence_in_use": (
        409,
        "该围栏仍被引用（规则 {rules}，准运证 {permits}），请先修改它们。",
        "The fence is in use (rules {rules}, permits {permits}): change these first.",
    ),
    "waybill_exists": (409, "联单号 {number} 已存在。", "There is a waybill {number} already."),
    "too_many_cameras": (
        409,
        "摄像头和执法小组已达上限 {limit} 个。",
        "There are {limit} cameras and teams already.",
    ),
    "too_many_plates": (
        409,
        "未登记的车牌过多：请先登记或清理一部分。",
        "Too many plates of no register are known: register or remove some of them.",
    ),
    "too_many_back_tests": (
        429,
        "正在进行和等待的回测过多，请稍后再试。",
        "Too many back-tests run or wait already; try again later.",
    ),
    "too_many_exports": (
        429,
        "正在进行和等待的导出过多，请稍后再试。",
        "Too many exports run or wait already; try again later.",
    ),
    "too_many_imports": (
        429,
        "正在进行和等待的导入过多，请稍后再试。",
        "Too many imports run or wait already; try again later.",
    ),
    "export_not_done": (
        409,
        "导出文件尚未生成（{state}）。",
        "The file is not there: the export is {state}.",
    ),
    "export_failed": (
        503,
        "导出未完成：{why}",
        "There is no export: {why}",
    ),
    "clock_backwards": (
        409,
        "模拟时间不能倒退。",
        "Simulated time cannot run backwards.",
    ),
    "took_too_long": (
        503,
        "查询超过 30 秒，已中止：请缩短时间段或缩小范围。",
        "The question took more than 30 s and was ended: ask for a shorter period or less.",
    ),
    "database_away": (
        503,
        "数据库暂时不可用，请稍后重试。",
        "The database is away for the moment; try again shortly.",
    ),
    "internal_error": (
        500,
        "服务器内部错误，已记入日志。",
        "The server made an error; it is in the log.",
    ),
}

_log = structlog.get_logger("xunji.api")


class ApiProblem(Exception):
    """A refusal to answer with: a code of PROBLEMS, `detail` also fills the words' places."""

    def __init__(self, code: str, *, headers: dict[str, str] | None = None, **detail: Any) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.headers = headers
        self.status = PROBLEMS[code][0]


def problem_response(problem: ApiProblem) -> JSONResponse:
    """The one error shape."""
    status, zh, en = PROBLEMS[problem.code]
    detail = jsonable_encoder(problem.detail)
    error = {
        "code": problem.code,
        "message_zh": zh.format(**detail),
        "message_en": en.format(**detail),
        "detail": detail,
    }
    return JSONResponse({"error": error}, status_code=status, headers=problem.headers)


async def _on_problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiProblem)
    return problem_response(error)


async def _on_invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = [
        {"field": ".".join(str(part) for part in e["loc"]), "message": e["msg"]}
        for e in error.errors()[:20]
    ]
    return problem_response(ApiProblem("invalid_request", fields=fields))


async def _on_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = {404: "no_such_path", 405: "method_not_allowed", 401: "not_logged_in"}
    return problem_response(ApiProblem(code.get(error.status_code, "invalid_request")))


async def _on_database(_: Request, error: Exception) -> JSONResponse:
    _log.warning("database_away", error=str(error).strip()[:255])
    return problem_response(ApiProblem("database_away", headers={"Retry-After": "2"}))


async def _on_error(request: Request, error: Exception) -> JSONResponse:
    _log.error("request_failed", path=request.url.path, exc_info=error)
    return problem_response(ApiProblem("internal_error"))


def _on_time_limit(_: Request, __: Exception) -> JSONResponse:
    return problem_response(ApiProblem("took_too_long"))


def install_error_handlers(app: FastAPI) -> None:
    """Answer every error in the one shape."""
    app.add_exception_handler(ApiProblem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(psycopg.errors.QueryCanceled, _on_time_limit)
    for away in AWAY:
        app.add_exception_handler(away, _on_database)
    app.add_exception_handler(Exception, _on_error)
