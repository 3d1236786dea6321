import { ask, publicFile } from './http'
import type { Live } from '../rules/phase'
import { session } from './session'
import { Problem, SIGNED_OUT } from './problem'

/** Every question that the pages put to the hub, one function each. Money is in yuan, as the hub answers it. */

export type Purpose = 'account' | 'activation'

export interface Period {
  period: string
  plan: { milestones: Record<string, { at: string }> } | null
  reached: Record<string, string>
}

export interface Me {
  application_code: string
  bidder_class: string
  name: string
  phone: string
  valid_until: string
  audit: string
  qualified: boolean
  refusal_text: string
  activated_at: string | null
  rollover: boolean
  locked: boolean
}

export const currentPeriod = () => publicFile<{ period: string }>('/current.json')
export const periodOf = (period: string) => ask<Period>(`/periods/${period}`)
export const live = (period: string) => publicFile<Live>(`/auction/${period}/live.json`)

export const sendSmsCode = (period: string, code: string, phone: string, purpose: Purpose) =>
  ask<{ message: string }>('/sms-codes', { method: 'POST', body: { period, application_code: code, phone, purpose } })

export async function signIn(period: string, code: string, phone: string, smsCode: string): Promise<void> {
  const body = { period, application_code: code, phone, sms_code: smsCode }
  const { token } = await ask<{ token: string }>('/account-sessions', { method: 'POST', body })
  session.openAccount({ period, code, token })
}

export interface Activation {
  phone: string
  smsCode: string
  password: string
  rollover: boolean
}

export async function activate(period: string, code: string, form: Activation): Promise<{ activated_at: string }> {
  const { phone, smsCode, password, rollover } = form
  const body = { period, application_code: code, phone, sms_code: smsCode, password, rollover }
  const answer = await ask<{ token: string; activated_at: string }>('/activations', { method: 'POST', body })
  session.openAccount({ period, code, token: answer.token })
  return answer
}

export async function enterAuction(period: string, code: string, password: string): Promise<string> {
  const body = { period, application_code: code, password }
  const answer = await ask<{ token: string; bidder_class: string }>('/sessions', { method: 'POST', body })
  session.openAuction(answer.token, answer.bidder_class)
  return answer.bidder_class
}

/** A question about oneself. Throws `Problem` (`SIGNED_OUT`) where nobody is signed in, or no longer. */
export async function own<T>(path: string, body?: object): Promise<T> {
  const account = session.account()
  if (!account) throw new Problem(SIGNED_OUT, '请先登录', 401)
  try {
    return await ask<T>(path, body ? { method: 'POST', body, token: account.token } : { token: account.token })
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error
    session.leave()
    throw new Problem(SIGNED_OUT, '登录已过期，请重新登录', 401)
  }
}

export const me = () => own<Me>('/me')

/** The deposit as it is booked: `state` is `none` where nothing stands under the code. */
export interface Deposit {
  state: string
  amount_yuan?: string
  excess_yuan?: string
  channel?: string
  value_date?: string
  rolled_from?: string | null
  doubtful: Doubtful[]
}

/** A payment from the bidder's own name that waits to be put right. */
export interface Doubtful {
  arrived_at: string
  amount_yuan: string
  reason: string
}

/** What banks and wallets told of before anything was booked. */
export interface Told {
  state: string
  payments: { channel: string; state: string; amount_yuan: string; arrived_at: string }[]
}

export interface Payment {
  our_ref: string
  trade_no: string
  amount_yuan: string
  pay_before: string
}

export interface Correction {
  paid_on: string
  amount_yuan: string
  payer_account_tail: string
}

export interface Corrected {
  application_code: string
  state: string
  amount_yuan: string
  excess_yuan: string
}

export interface OwnResult {
  bidder_class: string
  price: number
  bid_at: string
  rank: number
  won: boolean
}

export interface ClassResult {
  quota: number
  bidders: number
  winners: number
  lowest: number | null
  average: number | null
  at_lowest: number
  won_at_lowest: number
  last_winner_at: string | null
}

export interface Result {
  period: string
  classes: Record<string, ClassResult>
}

export interface Notice {
  pay_code: string
  amount_fen: number
  due_at_ms: number
  state: string
  document: { file_name: string; content: string }
}

export interface Refund {
  our_ref: string
  source: string
  state: string
  principal_yuan: string
  interest_yuan: string
  leaves_on: string
  account: string
  reason: string
  answered: boolean
}

export const myDeposit = () => own<Deposit>('/deposits/mine')
export const toldDeposit = () => own<Told>('/deposits')
export const openPayment = (period: string, authCode: string) => own<Payment>('/deposits/payments', { period, auth_code: authCode })
export const payment = (ourRef: string, resultCode: string) =>
  own<{ state: string }>(`/deposits/payments/${ourRef}${resultCode && `?result_code=${resultCode}`}`)
export const correctDeposit = (period: string, claim: Correction) => own<Corrected>('/deposits/corrections', { period, ...claim })
export const result = (period: string) => ask<Result>(`/periods/${period}/result`)
export const myResult = () => own<OwnResult>('/me/result')
export const myNotice = () => own<Notice>('/me/payment-notice')
export const myRefunds = () => own<{ refunds: Refund[] }>('/me/refunds')
export const giveAccount = (period: string, accountNo: string, accountName: string) =>
  own<{ refunds: number }>('/refunds/accounts', { period, account_no: accountNo, account_name: accountName })
