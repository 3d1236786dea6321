import Taro from '@tarojs/taro'

/** What the client says after `my.tradePay`. It is never proof: only the hub's word is. */
export type Told = 'paid' | 'unknown' | 'cancelled' | 'failed' | 'elsewhere'

interface Alipay {
  tradePay(options: { tradeNO: string; success: (answer: { resultCode: string }) => void; fail: () => void }): void
}

declare const my: Alipay

/** Whether this page runs inside Alipay, where payments are made. */
export const insideAlipay = process.env.TARO_ENV === 'alipay'

/** Let the bidder pay a trade. 8000 (processing) and 6004 (unknown) are `unknown`: the hub asks Alipay. */
export function tradePay(tradeNo: string): Promise<Told> {
  if (!insideAlipay) return Promise.resolve('elsewhere')
  return new Promise((resolve) => {
    const success = ({ resultCode }: { resultCode: string }) => {
      const told: Record<string, Told> = { 9000: 'paid', 4000: 'failed', 6001: 'cancelled' }
      resolve(told[resultCode] ?? 'unknown')
    }
    my.tradePay({ tradeNO: tradeNo, success, fail: () => resolve('unknown') })
  })
}

/** Alipay's one-time code for who is asking; the hub turns it into an open id. Empty outside Alipay. */
export async function authCode(): Promise<string> {
  if (!insideAlipay) return ''
  const answer = (await Taro.login()) as { code?: string; authCode?: string }
  return answer.code ?? answer.authCode ?? ''
}
