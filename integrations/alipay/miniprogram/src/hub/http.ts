import Taro from '@tarojs/taro'
import { addresses } from './config'
import { Problem, UNANSWERED, UNREADABLE } from './problem'

const TIMEOUT_MS = 10_000

interface Ask {
  method?: 'GET' | 'POST'
  body?: object
  token?: string
  timeoutMs?: number
}

/** Ask the hub's API. Throws `Problem`; `UNANSWERED` where no answer came. */
export async function ask<T>(path: string, { method = 'GET', body, token, timeoutMs = TIMEOUT_MS }: Ask = {}): Promise<T> {
  const { api } = await reachable(addresses())
  const header: Record<string, string> = { Accept: 'application/json' }
  if (body) header['Content-Type'] = 'application/json'
  if (token) header.Authorization = `Bearer ${token}`
  return send<T>(`${api}${path}`, { method, header, data: body && JSON.stringify(body), timeout: timeoutMs })
}

/** Read a public file; `null` where it was not published yet. */
export async function publicFile<T>(path: string): Promise<T | null> {
  const { files } = await reachable(addresses())
  try {
    return await send<T>(`${files}${path}`, { method: 'GET', timeout: TIMEOUT_MS })
  } catch (error) {
    // A bucket that may not be listed answers 403 for a file that is not there.
    if (error instanceof Problem && (error.status === 404 || error.status === 403)) return null
    throw error
  }
}

async function send<T>(url: string, options: Omit<Taro.request.Option, 'url'>): Promise<T> {
  const { status, data } = await answered({ url, dataType: 'text', responseType: 'text', ...options })
  const content = parsed(data)
  if (status < 200 || status >= 300) throw problemOf(status, content)
  if (content === undefined) throw new Problem(UNREADABLE, '服务器的回答无法识别，请稍后重试', 502)
  return content as T
}

/** Any answer at all. Alipay's client takes a refusal (4xx, 5xx) for a failed request, with the answer inside the error. */
async function answered(options: Taro.request.Option): Promise<{ status: number; data: unknown }> {
  try {
    const { statusCode, data } = await Taro.request<unknown>(options)
    return { status: statusCode, data }
  } catch (error) {
    const { status, statusCode, data } = (error ?? {}) as { status?: number; statusCode?: number; data?: unknown }
    const told = statusCode ?? status
    if (typeof told === 'number' && told >= 400) return { status: told, data }
    throw new Problem(UNANSWERED, '网络不通，没有收到服务器的回答', 0)
  }
}

async function reachable<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem(UNANSWERED, '网络不通，没有收到服务器的回答', 0)
  }
}

function parsed(data: unknown): unknown {
  if (typeof data !== 'string') return data
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}

function problemOf(status: number, content: unknown): Problem {
  const { code, detail, title } = (content ?? {}) as { code?: string; detail?: string; title?: string }
  return new Problem(code ?? `HTTP_${status}`, detail ?? title ?? '系统繁忙，请稍后重试', status)
}
