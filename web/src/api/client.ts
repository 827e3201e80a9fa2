/** One way to ask the server: JSON or a file in, JSON or a file out, every failure an ApiError in both languages. */

const BASE = '/api/v1'
const TIMEOUT_MS = 20_000
// A file of fences or a zip of evidence takes the server longer than a list.
const FILE_TIMEOUT_MS = 120_000

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly messages: { zh: string; en: string },
    readonly detail: Record<string, unknown> = {},
  ) {
    super(messages.en)
  }
}

const UNREACHABLE = { zh: '连不上服务器，请检查网络', en: 'The server cannot be reached' }
const UNREADABLE = { zh: '服务器的回答无法识别', en: 'The server gave an answer that is not understood' }

let token: string | null = null
let onUnauthorised: () => void = () => {}

export function setToken(value: string | null): void {
  token = value
}

export function whenUnauthorised(callback: () => void): void {
  onUnauthorised = callback
}

/** A Blob goes as it is with its own type, anything else as JSON. */
async function send(method: string, path: string, body: unknown, timeoutMs: number): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json, */*' }
  if (token) headers.Authorization = `Bearer ${token}`
  const isFile = body instanceof Blob
  if (body !== undefined) headers['Content-Type'] = isFile ? body.type || 'application/octet-stream' : 'application/json'
  let response: Response
  try {
    response = await fetch(BASE + path, {
      method,
      headers,
      body: body === undefined || isFile ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(isFile ? FILE_TIMEOUT_MS : timeoutMs),
    })
  } catch {
    throw new ApiError(0, 'unreachable', UNREACHABLE)
  }
  if (response.ok) return response
  const error = await refusal(response)
  if (response.status === 401 && token) onUnauthorised()
  throw error
}

async function refusal(response: Response): Promise<ApiError> {
  const fallback = { zh: `请求失败（${response.status}）`, en: `Request failed (${response.status})` }
  try {
    const { error } = await response.json()
    const messages = { zh: error.message_zh ?? fallback.zh, en: error.message_en ?? fallback.en }
    return new ApiError(response.status, error.code ?? 'error', messages, error.detail ?? {})
  } catch {
    return new ApiError(response.status, 'error', fallback)
  }
}

export async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await send(method, path, body, TIMEOUT_MS)
  if (response.status === 204) return undefined as T
  try {
    return (await response.json()) as T
  } catch {
    throw new ApiError(response.status, 'unreadable', UNREADABLE)
  }
}

/** A file of the server, with the headers that tell about it. */
export async function requestFile(path: string): Promise<{ blob: Blob; headers: Headers }> {
  const response = await send('GET', path, undefined, FILE_TIMEOUT_MS)
  try {
    return { blob: await response.blob(), headers: response.headers }
  } catch {
    throw new ApiError(0, 'unreachable', UNREACHABLE)
  }
}

/** `?a=1&b=2` of what is set; empty, null and undefined values are left out. */
export function query(values: Record<string, string | number | boolean | null | undefined>): string {
  const pairs = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== '')
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString()
  return text ? `?${text}` : ''
}
