import Taro from '@tarojs/taro'
import { own } from '../hub/bidder'

/** Fetch the bidder's own payment notice and show it: a PDF, in base64 inside the hub's JSON. */
export async function openNotice(): Promise<void> {
  const { content, name } = await own<{ content: string; name: string }>('/me/notice/pdf')
  if (process.env.TARO_ENV === 'h5') return saveInBrowser(content, name)
  const filePath = `${Taro.env.USER_DATA_PATH}/${name}`
  Taro.getFileSystemManager().writeFileSync(filePath, content, 'base64')
  await Taro.openDocument({ filePath, fileType: 'pdf' })
}

function saveInBrowser(content: string, name: string): void {
  const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0))
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/pdf' }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
