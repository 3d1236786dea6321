import Taro from '@tarojs/taro'

/** Show a PDF that came in base64 inside the hub's JSON: saved by a browser, opened by Alipay. */
export async function openPdf({ file_name: name, content }: { file_name: string; content: string }): Promise<void> {
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
  // The browser reads it a moment later.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
