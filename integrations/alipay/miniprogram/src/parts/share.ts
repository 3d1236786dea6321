import Taro from '@tarojs/taro'

/** Copy a text, so that the bidder can keep it wherever he likes. */
export async function copy(text: string): Promise<void> {
  // Taro's own leaves a copy in a browser's storage, where nothing of a person may stay.
  if (process.env.TARO_ENV !== 'h5') await Taro.setClipboardData({ data: text })
  else if (navigator.clipboard) await navigator.clipboard.writeText(text)
  else copyAsTyped(text)
}

/** For browsers that know no clipboard of their own. */
function copyAsTyped(text: string): void {
  const field = document.createElement('textarea')
  field.value = text
  document.body.append(field)
  field.select()
  document.execCommand('copy')
  field.remove()
}

/** Whether a text can be handed to another app: by the browser's own sheet, or by Alipay's. */
export const canShare = process.env.TARO_ENV === 'alipay' || (process.env.TARO_ENV === 'h5' && typeof navigator.share === 'function')

/** Hand a text to another app. In Alipay the page's own `useShareAppMessage` says what is shared. */
export async function share(title: string, text: string): Promise<void> {
  if (process.env.TARO_ENV === 'h5') return navigator.share({ title, text }).catch(() => undefined) // closed again
  await Taro.showShareMenu({})
}
