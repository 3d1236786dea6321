import { addresses } from '../hub/config'

/** The code of `my.tradePay`; empty where the client said nothing. It is never proof: only the hub's word is. */
export type ResultCode = string

interface Answer {
  resultCode?: string
  authcode?: string
  authCode?: string
}

interface Alipay {
  tradePay(options: { tradeNO: string; success: (answer: Answer) => void; fail: () => void }): void
  getAuthCode(options: { scopes: string; success: (answer: Answer) => void; fail: (error: unknown) => void }): void
}

/** What Alipay gives to pages in its own browser (the life account). */
interface Bridge {
  call(name: string, options: object, then: (answer: Answer) => void): void
}

declare const my: Alipay

const inMiniProgram = process.env.TARO_ENV === 'alipay'

function bridge(): Bridge | undefined {
  return inMiniProgram ? undefined : (window as { AlipayJSBridge?: Bridge }).AlipayJSBridge
}

/** Whether these pages run inside Alipay, where payments are made: as mini-program or in its browser. */
export function insideAlipay(): boolean {
  return inMiniProgram || bridge() !== undefined
}

/** Let the bidder pay a trade, and tell what the client says. */
export function tradePay(tradeNO: string): Promise<ResultCode> {
  return new Promise((resolve) => {
    const told = ({ resultCode }: Answer) => resolve(resultCode ?? '')
    const page = bridge()
    if (page) page.call('tradePay', { tradeNO }, told)
    else my.tradePay({ tradeNO, success: told, fail: () => resolve('') })
  })
}

/** Alipay's one-time code for who is asking; the hub turns it into an open id. */
export async function authCode(): Promise<string> {
  const { alipay_app_id: appId } = await addresses()
  return new Promise((resolve, reject) => {
    const told = (answer: Answer) => {
      const code = answer.authCode ?? answer.authcode
      if (code) resolve(code)
      else reject(new Error('no code'))
    }
    const page = bridge()
    if (page) page.call('getAuthCode', { scopeNicks: ['auth_base'], appId }, told)
    else my.getAuthCode({ scopes: 'auth_base', success: told, fail: reject })
  })
}

