import Taro from '@tarojs/taro'

/** Copy a text, so that the bidder can keep it wherever he likes. */
export async function copy(text: string): Promise<void> {
  await Taro.setClipboardData({ data: text })
}

/** Whether a text can be handed to another app: by the browser's own sheet, or by Alipay's. */
export const canShare = process.env.TARO_ENV === 'alipay' || (process.env.TARO_ENV === 'h5' && typeof navigator.share === 'function')

/** Hand a text to another app. In Alipay the page's own `useShareAppMessage` says what is shared. */
export async function share(title: string, text: string): Promise<void> {
  if (process.env.TARO_ENV === 'h5') return navigator.share({ title, text }).catch(() => undefined) // closed again
  await Taro.showShareMenu({})
}
