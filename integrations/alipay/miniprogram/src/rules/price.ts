/** What a price must be, in whole yuan. The hub decides; this only spares the bidder a refused try. */
export interface PriceLimits {
  reserve: number
  tick: number
  cap: number | null
}

// What the hub takes for a price at all, where no cap says less.
const PRICE_MAX = 999_999_999

/** What is wrong with a price as it is typed; empty where nothing is. */
export function priceFault(typed: string, { reserve, tick, cap }: PriceLimits): string {
  if (typed === '') return ''
  if (!/^[1-9]\d{0,8}$/.test(typed)) return '请输入以元为单位的整数'
  const price = Number(typed)
  if (price < reserve) return `不得低于保留价 ${yuan(reserve)} 元`
  if (cap !== null && price > cap) return `不得高于最高限价 ${yuan(cap)} 元`
  if (price % tick) return `须为 ${yuan(tick)} 元的整数倍`
  return ''
}

/** One tick up or down from what is typed, kept within reserve and cap. */
export function stepped(typed: string, ticks: number, { reserve, tick, cap }: PriceLimits): string {
  const price = /^\d{1,9}$/.test(typed) ? Number(typed) : reserve - Math.sign(ticks) * tick
  const whole = ticks > 0 ? Math.floor(price / tick) : Math.ceil(price / tick)
  const moved = Math.max((whole + ticks) * tick, reserve)
  return String(Math.min(moved, Math.floor((cap ?? PRICE_MAX) / tick) * tick))
}

/** `12345678` -> `12,345,678`. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

export const yuan = grouped

/** `3120000` -> `31,200.00`. */
export function yuanOfFen(fen: number): string {
  return `${yuan(Math.floor(fen / 100))}.${String(fen % 100).padStart(2, '0')}`
}
