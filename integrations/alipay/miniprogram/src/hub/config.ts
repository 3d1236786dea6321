import Taro from '@tarojs/taro'

/** Where the hub's API answers, and where its public files (window, broadcasts, result) are served from a cache. */
export interface Addresses {
  api: string
  files: string
  /** The app under which Alipay knows these pages; empty where there is none. */
  alipay_app_id?: string
}

let known: Promise<Addresses> | undefined

/** Of the H5: `config.json` beside the pages. Of the mini-program: what its build was given. */
export function addresses(): Promise<Addresses> {
  known ??= find().catch((error: unknown) => {
    known = undefined // the network was away: ask again next time
    throw error
  })
  return known
}

async function find(): Promise<Addresses> {
  if (HUB_API) return { api: HUB_API, files: HUB_FILES }
  const answer = await Taro.request<Addresses>({ url: './config.json', dataType: 'json', timeout: 10_000 })
  return answer.data
}
